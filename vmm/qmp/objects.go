package qmp

import (
	"encoding/json"
	"reflect"
)

// Objects are the devices, by their paths in QEMU's object tree. A path that does not begin with a slash is the end of one.
type Objects interface {
	// Properties are those that an object can be asked for, and its children.
	Properties(path string) ([]ObjectProperty, error)
	// Property returns a value that encoding/json can write.
	Property(path, name string) (any, error)
	// SetProperty changes one. decode stores what the client gave into what it is handed, or is an error that says what was wanted.
	SetProperty(path, name string, decode func(to any) error) error
}

// NoProperty is the error of a property that an object does not have.
func NoProperty(kind, name string) error {
	return Errorf("Property '%s.%s' not found", kind, clip(name))
}

// An ObjectProperty is one as qom-list tells of it. The type of a child is child<its type>.
type ObjectProperty struct {
	Name string `json:"name"`
	Type string `json:"type"`
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
		"qom-list": with(func(a struct {
			Path string `json:"path"`
		}) (any, error) {
			return o.Properties(a.Path)
		}),
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
