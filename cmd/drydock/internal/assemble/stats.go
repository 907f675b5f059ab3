package assemble

import (
	"github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/devices/virtioblk"
	"github.com/drydock-vmm/drydock/devices/virtioconsole"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/devices/virtiorng"
)

// Stats are the counters of the devices that are there, each kind in the order of the command line.
type Stats struct {
	NICs    []NICStats
	Disks   []DiskStats    `json:",omitempty"`
	Entropy []EntropyStats `json:",omitempty"`
	Ports   []PortStats    `json:",omitempty"` // of virtio-serial devices, the consoles among them
	Balloon *BalloonStats  `json:",omitempty"`
}

// NICStats are those of the NIC of an id.
type NICStats struct {
	ID string `json:",omitempty"`
	virtionet.Stats
}

// DiskStats are those of the disk of an id.
type DiskStats struct {
	ID string `json:",omitempty"`
	virtioblk.Stats
}

// EntropyStats are those of the entropy device of an id.
type EntropyStats struct {
	ID string `json:",omitempty"`
	virtiorng.Stats
}

// PortStats are those of the serial port of an id.
type PortStats struct {
	ID   string `json:",omitempty"`
	Name string `json:",omitempty"` // in the guest
	virtioconsole.PortStats
}

// BalloonStats are the balloon's; Actual is the guest's memory in bytes.
type BalloonStats struct {
	ID     string `json:",omitempty"`
	Actual uint64
	virtioballoon.Counts
}

// Stats reads all counters, one after the other, while the devices may be working.
func (a *Assembly) Stats() Stats {
	s := Stats{NICs: []NICStats{}}
	for _, d := range a.machine.Devices {
		s.add(d.Identity().ID, a.parts[d])
	}
	return s
}

func (s *Stats) add(id string, p part) {
	if p.port != nil {
		s.Ports = append(s.Ports, PortStats{id, p.port.Name(), p.port.Stats()})
	}
	switch d := p.dev.(type) {
	case *virtionet.Device:
		s.NICs = append(s.NICs, NICStats{id, d.Stats()})
	case *virtioblk.Device:
		s.Disks = append(s.Disks, DiskStats{id, d.Stats()})
	case *virtiorng.Device:
		s.Entropy = append(s.Entropy, EntropyStats{id, d.Stats()})
	case *virtioballoon.Device:
		s.Balloon = &BalloonStats{id, d.Actual(), d.Counts()}
	}
}
