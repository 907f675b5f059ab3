package vmm_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/drydock-vmm/drydock/vmm"
)

func TestADriverInRing3GetsEveryFrameWholeAndSendsItBack(t *testing.T) {
	slow := transitional
	slow.IOEventFD = false
	modernOnly := transitional
	modernOnly.DisableLegacy = true
	legacyOnly := transitional
	legacyOnly.DisableModern = true
	perPage := transitional
	perPage.PagePerVQ = true
	for _, c := range []struct {
		name, options string
		place         vmm.Device
		header        int
		merges        bool
		ram           uint64
	}{
		{"modern, mergeable, polling", "", transitional, 12, true, 0},
		{"modern, mergeable, MSI-X", "irq=1", transitional, 12, true, 0},
		{"modern, mergeable, MSI-X, event index", "irq=1 event=1", transitional, 12, true, 0},
		{"modern, mergeable, INTx", "irq=2", transitional, 12, true, 0},
		{"modern, mergeable, kicks by register", "irq=1", slow, 12, true, 0},
		{"modern, mergeable, a page per queue", "irq=1", perPage, 12, true, 0},
		{"modern only, one big buffer", "mrg=0 irq=1", modernOnly, 12, false, 0},
		{"modern, a chain of 17 descriptors", "mrg=0 rxseg=4096", transitional, 12, false, 0},
		{"modern, small mergeable buffers", "bufsz=1536", transitional, 12, true, 0},
		{"modern, header in a descriptor of its own", "split=1 mrg=0 irq=1", transitional, 12, false, 0},
		{"modern, a ring of 32 entries", "qsz=32 irq=1", transitional, 12, true, 0},
		{"legacy, mergeable, polling", "legacy", transitional, 12, true, 0},
		{"legacy, mergeable, MSI-X", "legacy irq=1", transitional, 12, true, 0},
		{"legacy, mergeable, INTx", "legacy irq=2", transitional, 12, true, 0},
		{"legacy only, a 10-byte header in front of the data", "legacy mrg=0 irq=2", legacyOnly, 10, false, 0},
		{"legacy only, a 10-byte header of its own", "legacy mrg=0 split=1 rxseg=4096", legacyOnly, 10, false, 0},
		{"modern, vectors masked and unmasked all the time", "irq=1 mask", transitional, 12, true, 0},
		{"modern, vectors masked, event index", "irq=1 event=1 mask", transitional, 12, true, 0},
		{"modern, a BAR that moves", "irq=1 move", transitional, 12, true, 0},
		{"modern, a BAR that moves, INTx", "irq=2 move", transitional, 12, true, 0},
		{"modern, a BAR that moves, kicks by register", "irq=1 move", slow, 12, true, 0},
		{"legacy, a BAR that moves", "legacy irq=1 move", transitional, 12, true, 0},
		{"legacy, a BAR that moves, INTx", "legacy irq=2 move", transitional, 12, true, 0},
		{"modern, rings and buffers above 4 GiB", "irq=1 pool=0x100000000 rings=0x109000000", transitional, 12, true, 3<<30 + 256<<20},
		{"legacy, rings and buffers above 4 GiB", "legacy irq=2 pool=0x100000000 rings=0x109000000", transitional, 12, true, 3<<30 + 256<<20},
	} {
		t.Run(c.name, func(t *testing.T) {
			const frames = 40
			n := newNIC(t)
			p := start(t, fmt.Sprintf("echo count=%d %s", frames, c.options), vmm.Config{RAM: c.ram, Devices: []vmm.Device{n.on(c.place)}})
			p.waitFor(fmt.Sprintf("hdr=%d", c.header))
			p.waitFor("READY")
			if err := n.echo(frames, c.header); err != nil {
				t.Fatalf("%v\n%s", err, p.output)
			}
			p.finish()
			s := n.Stats().Receive[0]
			if merged := s.Frames - s.ByBuffers[1]; s.Frames != frames || (merged > 0) != c.merges || s.Drops.Total() != 0 {
				t.Errorf("%d frames received, %d of them merged, drops %v", s.Frames, merged, s.Drops)
			}
		})
	}
}

func TestTwoDevicesShareOneLine(t *testing.T) {
	const frames = 30
	first, second := newNIC(t), newNIC(t)
	place := func(slot int) vmm.Device {
		d := transitional
		d.Slot = slot
		return d
	}
	p := start(t, fmt.Sprintf("pair irq=2 count=%d", 2*frames),
		vmm.Config{Devices: []vmm.Device{first.on(place(4)), second.on(place(6))}})
	p.waitFor("READY")
	other := make(chan error, 1)
	go func() { other <- second.echo(frames, 12) }()
	if err := errors.Join(first.echo(frames, 12), <-other); err != nil {
		t.Fatalf("%v\n%s", err, p.output)
	}
	p.finish()
}
