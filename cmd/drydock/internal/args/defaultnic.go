package args

import (
	"errors"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// addDefaultNIC adds what QEMU adds where nothing is said of a network: a NIC on the user network. A qtest has no use for it.
func (m *Machine) addDefaultNIC() {
	if m.NoDefaults || m.NoNIC || m.Kind == "none" || m.Accel == "qtest" || len(m.Lists["netdev"]) > 0 || m.hasNIC() {
		return
	}
	const id = "default"
	m.Lists["netdev"] = []option.List{{{Key: "type", Value: "user"}, {Key: "id", Value: id}}}
	m.Lists["device"] = append(m.Lists["device"], option.List{{Key: "driver", Value: "virtio-net-pci"}, {Key: "netdev", Value: id}})
}

func (m *Machine) setNIC(s string) error {
	if s != "none" {
		return errors.New("write none, or -netdev and -device for the NIC that you want")
	}
	m.NoNIC = true
	return nil
}

func (m *Machine) hasNIC() bool {
	return slices.ContainsFunc(m.Lists["device"], func(l option.List) bool {
		kind, _ := l.Get("driver")
		return strings.HasPrefix(kind, "virtio-net-")
	})
}
