package qmp

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decode stores arguments into the fields of the struct that to points to. A field's JSON tag is its name; one without omitempty
// must be given. What is no field is an error.
func decode(arguments json.RawMessage, to any) error {
	given := map[string]json.RawMessage{}
	if arguments != nil {
		if err := json.Unmarshal(arguments, &given); err != nil {
			return err
		}
	}
	v := reflect.ValueOf(to).Elem()
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value, ok := given[name]
		delete(given, name)
		switch {
		case !ok && options == "":
			return missing(name)
		case !ok:
		default:
			if err := store(name, value, v.Field(i)); err != nil {
				return err
			}
		}
	}
	for name := range given {
		return Errorf("Parameter '%s' is unexpected", clip(name))
	}
	return nil
}

// store decodes one argument.
func store(name string, value json.RawMessage, to reflect.Value) error {
	err := json.Unmarshal(value, to.Addr().Interface())
	whole := json.Unmarshal(value, new(json.Number)) == nil && !bytes.ContainsAny(value, `".eE`)
	switch {
	case err == nil && string(value) != "null":
		return nil
	case whole && to.CanUint():
		return Errorf("Parameter '%s' expects %s_t", name, to.Type())
	}
	return Errorf("Invalid parameter type for '%s', expected: %s", name, typeName(to.Type()))
}

// checkTypes is decode's check, for a command that has the arguments of types and others.
func checkTypes(arguments json.RawMessage, types map[string]reflect.Type) error {
	given := map[string]json.RawMessage{}
	if err := json.Unmarshal(arguments, &given); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		t := types[name]
		if t != nil && json.Unmarshal(given[name], reflect.New(t).Interface()) != nil {
			return Errorf("Invalid parameter type for '%s', expected: %s", name, typeName(t))
		}
	}
	return nil
}

// typeName is QEMU's word for a type.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint64, reflect.Uint16:
		return "integer"
	}
	return "object"
}

func missing(name string) error { return Errorf("Parameter '%s' is missing", name) }
