package qmp

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A request is one command as a client writes it.
type request struct {
	command   string
	arguments json.RawMessage // nil: none
	id        json.RawMessage // what the answer carries back; nil: nothing
}

// parse takes a request apart. The id is there after an error too, if it could be read.
func parse(text []byte) (r request, err error) {
	var members map[string]json.RawMessage
	if !json.Valid(text) {
		return r, errors.New("JSON parse error, the request is not JSON")
	}
	if json.Unmarshal(text, &members) != nil {
		return r, errors.New("QMP input must be a JSON object")
	}
	r.id = members["id"]
	for name := range members {
		switch name {
		case "execute", "arguments", "id":
		default:
			return r, fmt.Errorf("QMP input member '%s' is unexpected", clip(name))
		}
	}
	execute, ok := members["execute"]
	if !ok {
		return r, errors.New("QMP input lacks member 'execute'")
	}
	if json.Unmarshal(execute, &r.command) != nil {
		return r, errors.New("QMP input member 'execute' must be a string")
	}
	r.arguments = members["arguments"]
	if r.arguments != nil && r.arguments[0] != '{' {
		return r, errors.New("QMP input member 'arguments' must be an object")
	}
	return r, nil
}
