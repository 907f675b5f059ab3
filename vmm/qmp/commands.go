package qmp

import (
	"encoding/json"
	"maps"
	"slices"
)

// A command gets its arguments, nil if there are none, and returns what stands behind "return"; nil is the empty object.
type command func(arguments json.RawMessage) (any, error)

// table is all commands that there are for c.
func table(c *Config) map[string]command {
	all := map[string]command{}
	maps.Copy(all, versionCommands(c))
	maps.Copy(all, typeCommands(c))
	maps.Copy(all, chardevCommands(c.Chardevs))
	if c.Machine != nil {
		maps.Copy(all, runCommands(c.Machine))
	}
	if c.PCI != nil {
		maps.Copy(all, pciCommands(c.PCI))
	}
	if c.Devices != nil {
		maps.Copy(all, deviceCommands(c.Devices))
	}
	if c.Nets != nil {
		maps.Copy(all, netCommands(c.Nets))
	}
	if c.Blocks != nil {
		maps.Copy(all, blockCommands(c.Blocks))
	}
	if c.Virtio != nil {
		maps.Copy(all, virtioCommands(c.Virtio))
	}
	if c.Balloon != nil {
		maps.Copy(all, balloonCommands(c.Balloon))
	}
	if c.Objects != nil {
		maps.Copy(all, objectCommands(c.Objects))
	}
	all["query-commands"] = listCommands(all)
	return all
}

// with makes a command of a function whose arguments are a struct's fields.
func with[A any](f func(a A) (any, error)) command {
	return func(arguments json.RawMessage) (any, error) {
		var a A
		if err := decode(arguments, &a); err != nil {
			return nil, err
		}
		return f(a)
	}
}

// none is the arguments of a command that takes none.
type none = struct{}

// ask makes a command that takes nothing and returns what f does.
func ask[R any](f func() (R, error)) command {
	return with(func(none) (any, error) { return f() })
}

// do makes a command that takes nothing and returns nothing.
func do(f func() error) command {
	return with(func(none) (any, error) { return nil, f() })
}

func versionCommands(c *Config) map[string]command {
	return map[string]command{"query-version": ask(func() (Version, error) { return c.Version, nil })}
}

// listCommands is query-commands.
func listCommands(all map[string]command) command {
	type info struct {
		Name string `json:"name"`
	}
	return ask(func() ([]info, error) {
		list := []info{{capabilities}}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			list = append(list, info{name})
		}
		return list, nil
	})
}
