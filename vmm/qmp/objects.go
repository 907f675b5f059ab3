package qmp

import (
	"encoding/json"
	"reflect"
)

// Objects are the devices, by their paths in QEMU's object tree. A path that does not begin with a slash is the end of one.
type Objects interface {
	// Property returns a value that encoding/json can write.
	Property(path, name string) (any, error)
	// SetProperty changes one. decode stores what the client gave into what it is handed, or is an error that says what was wanted.
	SetProperty(path, name string, decode func(to any) error) error
}

// NoProperty is the error of a property that an object does not have.
func NoProperty(kind, name string) error {
	return Errorf("Property '%s.%s' not found", kind, clip(name))
}

type property struct {
	Path     string `json:"path"`
	Property string `json:"property"`
}

type propertyValue struct {
	Path     string          `json:"path"`
	Property string          `json:"property"`
	Value    json.RawMessage `json:"value"`
}

func objectCommands(o Objects) map[string]command {
	return map[string]command{
		"qom-get": with(func(a property) (any, error) { return o.Property(a.Path, a.Property) }),
		"qom-set": with(func(a propertyValue) (any, error) {
			return nil, o.SetProperty(a.Path, a.Property, a.decode)
		}),
	}
}

// decode is what SetProperty is handed.
func (a *propertyValue) decode(to any) error {
	if json.Unmarshal(a.Value, to) != nil {
		return Errorf("Invalid parameter type for '%s', expected: %s", clip(a.Property), typeName(reflect.TypeOf(to)))
	}
	return nil
}
