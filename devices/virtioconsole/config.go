package virtioconsole

import (
	"encoding/binary"
	"fmt"

	"github.com/drydock-vmm/drydock/virtio"
)

// Offsets in struct virtio_console_config (5.3.4). Columns and rows come first; they are 0, as Size is not offered.
const (
	configMaxPorts  = 4
	configEmergency = 8
	configEnd       = 12
)

func configBytes(c Config) []byte {
	b := make([]byte, configEnd)
	binary.LittleEndian.PutUint32(b[configMaxPorts:], c.MaxPorts)
	if !c.Features.Has(EmergWrite) {
		b = b[:configEmergency]
	}
	return b
}

// configWritten takes a character that a guest in trouble writes, perhaps before it has a driver (5.3.4): it goes to the first
// console. A vCPU waits for this, so it waits for nobody.
func (d *Device) configWritten(c *virtio.Config, _ virtio.Features, b []byte) {
	if len(b) < configEnd || binary.LittleEndian.Uint32(b[configEmergency:]) == 0 { // so QEMU tells it from writes of other fields
		return
	}
	c.Show(0, nil) // it is taken: with the next write of another field it does not come again
	if p := d.firstConsole(); p != nil {
		select {
		case p.urgent <- b[configEmergency]:
		default: // nobody reads, and it is full
		}
	}
}

// firstConsole is the console that was added first of those that somebody on the host is connected to.
func (d *Device) firstConsole() *Port {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.ports {
		if p.console && p.isConnected() {
			return p
		}
	}
	return nil
}

func tooMany(ports uint32) error {
	return fmt.Errorf("virtioconsole: max_ports=%d: the greatest number is %d", ports, limitPorts)
}
