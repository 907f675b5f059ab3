package args

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// objectTypes are the types that -object knows. l is without the type.
var objectTypes = map[string]func(m *Machine, l option.List) error{
	"filter-dump": (*Machine).addDump,
	"iothread":    (*Machine).addIOThread,
	"rng-builtin": (*Machine).addRNGBuiltin,
	"rng-egd":     (*Machine).addRNGEGD,
	"rng-random":  (*Machine).addRNGRandom,
}

// decodeObjects adds the objects. Their ids are one name space, whatever their types.
func (m *Machine) decodeObjects() error {
	taken := map[string]bool{}
	for _, l := range m.Lists["object"] {
		if err := m.addObject(l); err != nil {
			return err
		}
		id, given := l.Get("id")
		if given && taken[id] {
			kind, _ := l.Get("qom-type")
			return fmt.Errorf("-object %s: id=%s: another object has that id", kind, id)
		}
		taken[id] = true
	}
	return nil
}

func (m *Machine) addObject(l option.List) error {
	kind, _ := l.Get("qom-type")
	add, ok := objectTypes[kind]
	kinds := slices.Sorted(maps.Keys(objectTypes))
	switch {
	case asksHelp(kind):
		return helpOn("object", kinds)
	case !ok:
		return option.Unknown("object", kind, kinds, "-object")
	}
	return add(m, l.Without("qom-type"))
}
