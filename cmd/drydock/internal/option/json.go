package option

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxDepth bounds how deep an object may be nested; QEMU's own have three levels.
const maxDepth = 16

// FromJSON reads a JSON object as the list that says the same: {"file": {"filename": "x"}, "ro": true} is file.filename=x, ro=on, and
// element i of an array has the key i. This is how QMP's arguments and QEMU's -device '{...}' are spelled.
func FromJSON(text []byte) (List, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("it is not a JSON object"), err)
	}
	l, err := object(d, nil, "", 1)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("the JSON object has no end: a } is missing")
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the JSON object")
	}
	return l, nil
}

// object adds what is left of an object, whose keys are prefix and their own, up to its end.
func object(d *json.Decoder, l List, prefix string, depth int) (List, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: JSON that is nested more than %d deep", prefix, maxDepth)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string) // or Token fails
		if name == "" || strings.Contains(name, "=") {
			return nil, fmt.Errorf("a JSON object with the key %q, which no option has", name)
		}
		if l, err = value(d, l, prefix+name, depth); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return l, err
}

func array(d *json.Decoder, l List, prefix string, depth int) (_ List, err error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: JSON that is nested more than %d deep", prefix, maxDepth)
	}
	for i := 0; d.More(); i++ {
		if l, err = value(d, l, prefix+strconv.Itoa(i), depth); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return l, err
}

func value(d *json.Decoder, l List, key string, depth int) (List, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := t.(type) {
	case json.Delim:
		if v == '{' {
			return object(d, l, key+".", depth+1)
		}
		return array(d, l, key+".", depth+1)
	case bool:
		return append(l, Pair{key, map[bool]string{true: "on", false: "off"}[v]}), nil
	case string:
		return append(l, Pair{key, v}), nil
	case json.Number:
		return append(l, Pair{key, v.String()}), nil
	}
	return nil, fmt.Errorf("%s: null says nothing; leave it out", key)
}
