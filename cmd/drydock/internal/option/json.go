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
// element i of an array has the key i. Elements {"str": "x"}, QAPI's String, are the array's key again and again, as the command line
// has it: hostfwd=x. This is how QMP's arguments and QEMU's -device '{...}' are spelled.
func FromJSON(text []byte) (List, error) {
	f := flattener{Decoder: json.NewDecoder(bytes.NewReader(text))}
	f.UseNumber()
	t, err := f.Token()
	if err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("it is not a JSON object"), err)
	}
	err = f.nested(json.Delim('{'), "")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errors.New("the JSON object has no end: a } is missing")
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the JSON object")
	}
	return f.list, nil
}

// A flattener makes a list of what it reads.
type flattener struct {
	*json.Decoder
	list  List
	depth int // objects and arrays that are open
}

// nested adds what is left of the object or array that begins with open, up to its end. key is its own, "" for the outermost.
func (f *flattener) nested(open json.Delim, key string) error {
	if f.depth++; f.depth > maxDepth {
		return fmt.Errorf("%s: JSON that is nested more than %d deep", key, maxDepth)
	}
	defer func() { f.depth-- }()
	element := f.member
	if open == '[' {
		element = f.element
	}
	for i := 0; f.More(); i++ {
		if err := element(key, i); err != nil {
			return err
		}
	}
	_, err := f.Token()
	return err
}

// member adds one key of an object, and its value.
func (f *flattener) member(of string, _ int) error {
	t, err := f.Token()
	if err != nil {
		return err
	}
	name := t.(string) // or Token fails
	if name == "" || strings.Contains(name, "=") {
		return fmt.Errorf("a JSON object with the key %q, which no option has", name)
	}
	if of != "" {
		name = of + "." + name
	}
	return f.value(name)
}

// element adds one of an array.
func (f *flattener) element(of string, i int) error {
	before, key := len(f.list), of+"."+strconv.Itoa(i)
	err := f.value(key)
	if added := f.list[before:]; len(added) == 1 && added[0].Key == key+".str" {
		added[0].Key = of
	}
	return err
}

func (f *flattener) value(key string) error {
	t, err := f.Token()
	if err != nil {
		return err
	}
	text := ""
	switch v := t.(type) {
	case json.Delim:
		return f.nested(v, key)
	case bool:
		text = map[bool]string{true: "on", false: "off"}[v]
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		return fmt.Errorf("%s: null says nothing; leave it out", key)
	}
	f.list = append(f.list, Pair{key, text})
	return nil
}
