package qmp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A request is one command as a client writes it.
type request struct {
	command   string
	oob       bool            // it is to overtake those that wait
	arguments json.RawMessage // nil: none
	id        json.RawMessage // what the answer carries back; nil: nothing
}

// parse takes a request apart (QEMU: qmp_dispatch_check_obj). oob says whether the client has negotiated that commands overtake others.
// The id is there after an error too, if it could be read.
func parse(text []byte, oob bool) (r request, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		return r, errors.New("QMP input must be a JSON object")
	}
	r.id = members["id"]
	execute := ""
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := members[name]
		switch {
		case name == "execute", name == "exec-oob" && oob:
			if execute != "" {
				return r, fmt.Errorf("QMP input member '%s' clashes with '%s'", name, execute)
			}
			if value[0] != '"' || json.Unmarshal(value, &r.command) != nil {
				return r, fmt.Errorf("QMP input member '%s' must be a string", name)
			}
			execute, r.oob = name, name != "execute"
		case name == "arguments":
			if value[0] != '{' {
				return r, errors.New("QMP input member 'arguments' must be an object")
			}
			r.arguments = value
		case name != "id":
			return r, fmt.Errorf("QMP input member '%s' is unexpected", clip(name))
		}
	}
	if execute == "" {
		return r, errors.New("QMP input lacks member 'execute'")
	}
	return r, nil
}
