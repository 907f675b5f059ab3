package qmp

import (
	"bytes"
	"encoding/json"
)

// encode cannot fail: all that is encoded here is made of plain data, or was valid JSON when it came.
func encode(v any) string {
	text, err := marshal(v)
	if err != nil {
		panic(err)
	}
	return spaced(text)
}

// marshal is json.Marshal, and leaves < and > as they are: child<virtio-net-device> is for people, too.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// spaced puts a space behind each colon and comma, as QEMU does: there are scripts that look for {"return": {}} in a text.
func spaced(text []byte) string {
	out := make([]byte, 0, len(text)+len(text)/8)
	inString := false
	for i, b := range text {
		out = append(out, b)
		switch {
		case b == '"' && !escaped(text, i):
			inString = !inString
		case (b == ':' || b == ',') && !inString:
			out = append(out, ' ')
		}
	}
	return string(out)
}

// escaped says whether an odd number of backslashes stands before text[i].
func escaped(text []byte, i int) bool {
	n := 0
	for i--; i >= 0 && text[i] == '\\'; i-- {
		n++
	}
	return n%2 != 0
}
