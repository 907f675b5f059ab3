package args

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// addQMP is -qmp: a character device without a name, in QEMU's short spelling.
func (m *Machine) addQMP(s string) error {
	if s == "none" {
		return nil
	}
	e, err := ParseEndpoint(s, "-qmp")
	if err == nil {
		m.QMP = append(m.QMP, e)
	}
	return err
}

// Monitors are those of -qmp: what QMP has besides is on a -chardev.
func (m *Machine) Monitors() []Endpoint { return m.QMP[:len(m.QMP)-m.mons] }

// addMonitor decodes one -mon: it finds the character device that it is on.
func (m *Machine) addMonitor(l option.List) error {
	var chardev, mode string
	err := l.Decode("-mon", option.Props{
		"chardev": option.ToString(&chardev), "mode": option.OneOf(&mode, "control", "readline"), "pretty": ignoredSwitch, "id": option.Ignored,
	})
	switch {
	case err != nil:
		return err
	case mode != "control":
		return fmt.Errorf("-mon chardev=%s: there is no monitor for people, only QMP; add mode=control", chardev)
	}
	e, err := m.monitorOn(chardev)
	if err != nil {
		return err
	}
	m.QMP = append(m.QMP, e)
	m.mons++
	return nil
}

func (m *Machine) monitorOn(id string) (e Endpoint, err error) {
	e.FD = -1
	l, ok := m.chardev(id)
	if !ok {
		return e, fmt.Errorf("-mon chardev=%s: there is no -chardev with that id", id)
	}
	switch kind, _ := l.Get("backend"); kind {
	case "stdio":
		e.Stdio = true
		return e, nil
	case "socket":
		return e, e.read(l.Without("backend"), "-chardev socket,id="+id)
	default:
		return e, fmt.Errorf("-mon chardev=%s: QMP is spoken on a socket or on stdio, not on a %s", id, kind)
	}
}

// chardev returns what was written of the -chardev of that id.
func (m *Machine) chardev(id string) (option.List, bool) {
	for _, l := range m.Lists["chardev"] {
		if had, _ := l.Get("id"); had == id {
			return l, true
		}
	}
	return nil, false
}
