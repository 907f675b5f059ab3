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
	known := []string{"stdio", "null", "none", "file:PATH"}
	if s != "stdio" && s != "null" && s != "none" && !strings.HasPrefix(s, "file:") {
		return option.Unknown("kind of serial port", s, known, "-serial")
	}
	m.Serial = append(m.Serial, s)
	return nil
}

func (m *Machine) setDisplay(s string) error {
	if s != "none" {
		return fmt.Errorf("-display %s: Drydock has no display; write none", s)
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
