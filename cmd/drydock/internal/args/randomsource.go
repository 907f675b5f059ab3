package args

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// A RandomSource is one -object rng-random or rng-builtin.
type RandomSource struct {
	ID   string
	File string // "" is the host's kernel
}

func (m *Machine) addRNGBuiltin(l option.List) error {
	var s RandomSource
	return m.addRandomSource("rng-builtin", l, &s, option.Props{})
}

func (m *Machine) addRNGRandom(l option.List) error {
	s := RandomSource{File: "/dev/urandom"}
	return m.addRandomSource("rng-random", l, &s, option.Props{"filename": option.ToString(&s.File)})
}

func (m *Machine) addRandomSource(kind string, l option.List, s *RandomSource, props option.Props) error {
	props["id"] = option.ToString(&s.ID)
	err := l.Decode("-object "+kind, props)
	switch {
	case err != nil:
		return err
	case s.ID == "":
		return fmt.Errorf("-object %s: it needs id=", kind)
	}
	m.RandomSources = append(m.RandomSources, s)
	return nil
}

func (m *Machine) addRNGEGD(option.List) error {
	return errors.New("-object rng-egd: the entropy gathering daemon is not spoken to; write rng-random with a filename, or rng-builtin")
}

func (m *Machine) randomSource(id string) *RandomSource {
	for _, s := range m.RandomSources {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// RandomFile is the file that r's bytes come from, "" for the host's kernel.
func (m *Machine) RandomFile(r *RNG) string {
	if s := m.randomSource(r.Backend); s != nil {
		return s.File
	}
	return ""
}
