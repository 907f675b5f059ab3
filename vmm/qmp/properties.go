package qmp

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// A Property is one key and value of device_add or netdev_add, as the command line would spell them: on and off for booleans,
// members of objects joined by dots.
type Property struct{ Key, Value string }

// Properties are in the order in which they were written.
type Properties []Property

// Get returns the value of a key, "" if there is none.
func (p Properties) Get(key string) string {
	for _, e := range p {
		if e.Key == key {
			return e.Value
		}
	}
	return ""
}

// Has reports whether a key was given.
func (p Properties) Has(key string) bool {
	return slices.ContainsFunc(p, func(e Property) bool { return e.Key == key })
}

// properties flattens an object.
func properties(arguments json.RawMessage) (p Properties, err error) {
	if arguments == nil {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(arguments))
	d.UseNumber()
	return p, p.object(d, "")
}

// object reads an object whose members have names that begin with prefix.
func (p *Properties) object(d *json.Decoder, prefix string) error {
	if _, err := d.Token(); err != nil { // the opening bracket
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := p.value(d, prefix+key.(string)); err != nil { // JSON has no other keys
			return err
		}
	}
	_, err := d.Token()
	return err
}

func (p *Properties) value(d *json.Decoder, key string) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	switch raw[0] {
	case '{':
		return p.object(json.NewDecoder(bytes.NewReader(raw)), key+".")
	case '[':
		return p.strings(raw, key)
	}
	text, err := spell(raw)
	if err != nil {
		return Errorf("Parameter '%s': %v", clip(key), err)
	}
	*p = append(*p, Property{key, text})
	return nil
}

// strings reads a list of QAPI's String, as hostfwd is one: the command line repeats the key.
func (p *Properties) strings(list json.RawMessage, key string) error {
	var elements []struct{ Str *string }
	if err := json.Unmarshal(list, &elements); err != nil {
		return Errorf("Invalid parameter type for '%s', expected: a list of {\"str\": ...}", clip(key))
	}
	for _, e := range elements {
		if e.Str == nil {
			return Errorf("Parameter '%s.str' is missing", clip(key))
		}
		*p = append(*p, Property{key, *e.Str})
	}
	return nil
}

// spell writes a simple value as the command line has it.
func spell(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case 't':
		return "on", nil
	case 'f':
		return "off", nil
	case 'n':
		return "", errors.New("null cannot be given here")
	}
	return string(raw), nil
}
