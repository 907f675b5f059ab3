package args

import (
	"fmt"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

func (m *Machine) addSerial(s string) error {
	if len(m.Serial) == 2 {
		return fmt.Errorf("-serial %s: the machine has two serial ports", s)
	}
	if s == "mon:stdio" {
		s = "stdio" // there is no monitor to share it with
	}
	known := []string{"stdio", "null", "none", "file:PATH", serialChardev + "ID"}
	if s != "stdio" && s != "null" && s != "none" && !strings.HasPrefix(s, "file:") && !strings.HasPrefix(s, serialChardev) {
		return option.Unknown("kind of serial port", s, known, "-serial")
	}
	m.Serial = append(m.Serial, s)
	return nil
}

// serialChardev begins what names a -chardev.
const serialChardev = "chardev:"

// SerialChardev returns the backend of the n-th serial port, nil if it is on none.
func (m *Machine) SerialChardev(n int) *Chardev {
	id, ok := strings.CutPrefix(m.SerialPorts()[n], serialChardev)
	if !ok {
		return nil
	}
	return m.Chardev(id)
}

// checkSerial looks at the backends that serial ports name.
func (m *Machine) checkSerial() error {
	ports := m.Serial
	m.Serial = nil
	for _, s := range ports {
		if id, ok := strings.CutPrefix(s, serialChardev); ok {
			if err := m.takeChardev(id, "-serial "+s); err != nil {
				return err
			}
		}
		m.Serial = append(m.Serial, s)
	}
	return nil
}

// SerialPorts says what each of the two ports is connected to.
func (m *Machine) SerialPorts() [2]string {
	ports := [2]string{"none", "none"}
	if m.NoGraphic && len(m.Serial) == 0 {
		ports[0] = "stdio"
	}
	copy(ports[:], m.Serial)
	return ports
}
