package qmp

import "encoding/json"

// Devices are what can be plugged in.
type Devices interface {
	// AddDevice plugs a device in: what -device is given.
	AddDevice(p Properties) error
	// RemoveDevice asks the guest to give a device back; NotFound if there is none. DEVICE_DELETED says that it did.
	RemoveDevice(id string) error
}

func deviceCommands(d Devices) map[string]command {
	return map[string]command{
		"device_add": func(arguments json.RawMessage) (any, error) {
			p, err := needing(arguments, "driver")
			if err != nil {
				return nil, err
			}
			return nil, d.AddDevice(p)
		},
		"device_del": with(func(a struct {
			ID string `json:"id"`
		}) (any, error) {
			return nil, d.RemoveDevice(a.ID)
		}),
	}
}

// needing reads properties of which some must be there.
func needing(arguments json.RawMessage, names ...string) (Properties, error) {
	p, err := properties(arguments)
	for _, name := range names {
		if err == nil && !p.Has(name) {
			err = missing(name)
		}
	}
	return p, err
}
