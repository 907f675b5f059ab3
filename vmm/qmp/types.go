package qmp

import "slices"

// Types are the device types that there are.
type Types []Type

// A Type is a type of QEMU's object model: what device_add can make, or what such a type descends from.
type Type struct {
	Name     string
	Parents  []string // from the nearest up
	Abstract bool
}

func typeCommands(c *Config) map[string]command {
	return map[string]command{
		"qom-list-types": with(c.Types.list),
		"query-machines": ask(func() (any, error) { return machines(c.ACPIKey), nil }),
	}
}

type listTypes struct {
	Implements string `json:"implements,omitempty"`
	Abstract   bool   `json:"abstract,omitempty"`
}

type typeInfo struct {
	Name     string `json:"name"`
	Abstract bool   `json:"abstract,omitempty"`
	Parent   string `json:"parent,omitempty"`
}

// list is qom-list-types: a type implements itself and all that it descends from.
func (t Types) list(a listTypes) (any, error) {
	list := []typeInfo{}
	for _, e := range t {
		implements := a.Implements == "" || e.Name == a.Implements || slices.Contains(e.Parents, a.Implements)
		if !implements || e.Abstract && !a.Abstract {
			continue
		}
		info := typeInfo{Name: e.Name, Abstract: e.Abstract}
		if len(e.Parents) > 0 {
			info.Parent = e.Parents[0]
		}
		list = append(list, info)
	}
	return list, nil
}

// machineInfo is QEMU 7.2's; machineInfo8 has the key that version 8.0 added.
type machineInfo struct {
	Name             string `json:"name"`
	IsDefault        bool   `json:"is-default,omitempty"`
	CPUMax           int    `json:"cpu-max"`
	HotpluggableCPUs bool   `json:"hotpluggable-cpus"`
	NUMAMemSupported bool   `json:"numa-mem-supported"`
	Deprecated       bool   `json:"deprecated"`
	Alias            string `json:"alias,omitempty"`
}

type machineInfo8 struct {
	machineInfo
	ACPI bool `json:"acpi"`
}

func machines(acpi bool) any {
	all := []machineInfo{
		{Name: "pc-i440fx-7.2", IsDefault: true, CPUMax: 255, Alias: "pc"},
		{Name: "none", CPUMax: 1},
	}
	if !acpi {
		return all
	}
	var all8 []machineInfo8
	for _, m := range all {
		all8 = append(all8, machineInfo8{m, m.Name != "none"})
	}
	return all8
}
