package virtiopci

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

// count takes what the eventfd of a queue holds.
func (r *rig) count(queue int) uint64 {
	var b [8]byte
	if _, err := unix.Read(r.t.kicks[queue].fd(), b[:]); err != nil {
		return 0
	}
	return binary.NativeEndian.Uint64(b[:])
}

func TestNotifications(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *Config, f *fake)
		kick   func(r *rig)
		want   [3]uint64
	}{
		{"4.1.4.4: the address in the notification structure says which queue", nil, func(r *rig) { r.write(rNotify+4, 2, 0) }, [3]uint64{0, 1, 0}},
		{"a write of any width is a kick", nil, func(r *rig) { r.write(rNotify+8, 4, 2); r.write(rNotify+8, 1, 2) }, [3]uint64{0, 0, 2}},
		{"page-per-vq gives each queue a page", func(c *Config, _ *fake) { c.PagePerVQ = true }, func(r *rig) { r.write(rNotify+2*0x1000, 2, 0) }, [3]uint64{0, 0, 1}},
		{"modern-pio-notify takes the queue from the value", func(c *Config, _ *fake) { c.ModernPIONotify = true }, func(r *rig) { r.store(pci.Ports, pioPort, 2, 1) }, [3]uint64{0, 1, 0}},
		{"legacy queue_notify takes the queue from the value", nil, func(r *rig) { r.out(16, 2, 2) }, [3]uint64{0, 0, 1}},
		{"a queue that does not exist is ignored", nil, func(r *rig) { r.write(rNotify+0xffc, 2, 0); r.out(16, 2, 0xffff); r.out(16, 2, 3) }, [3]uint64{}},
		{"2.1.2: a broken device ignores kicks", nil, func(r *rig) {
			r.write(rEnable, 2, 0)
			r.write(rNotify, 2, 0)
		}, [3]uint64{}},
		{"2.4.1: a reset forgets kicks", nil, func(r *rig) { r.write(rNotify, 2, 0); r.write(rStatus, 1, 0) }, [3]uint64{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mappedRig(t, c.change)
			c.kick(r)
			for i, want := range c.want {
				r.equal("kicks", r.count(i), want)
			}
		})
	}
}

func TestAKickAllocatesNothing(t *testing.T) {
	r := mappedRig(t, nil)
	p := []byte{0, 0}
	region := r.t.notifyRegion()
	if n := testing.AllocsPerRun(100, func() { region.Write(4, p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// bells is a notifier that remembers.
type bells struct {
	t        *testing.T
	attached map[Doorbell]bool
	anySize  bool
	broken   bool
}

func (b *bells) Attach(d Doorbell) error {
	if b.broken || d.Size == 0 && !b.anySize {
		return errors.New("not supported")
	}
	if b.attached[d] {
		b.t.Errorf("%+v is attached twice", d)
	}
	b.attached[d] = true
	return nil
}

func (b *bells) Detach(d Doorbell) error {
	if !b.attached[d] {
		b.t.Errorf("%+v is not attached", d)
	}
	delete(b.attached, d)
	return nil
}

func (b *bells) want(want ...Doorbell) {
	b.t.Helper()
	for _, d := range want {
		if !b.attached[d] {
			b.t.Errorf("%+v is not attached", d)
		}
	}
	if len(b.attached) != len(want) {
		b.t.Errorf("attached: %+v", slices.Collect(maps.Keys(b.attached)))
	}
}

func TestDoorbells(t *testing.T) {
	rigWith := func(t *testing.T, change func(c *Config)) (*rig, *bells) {
		b := &bells{t: t, attached: make(map[Doorbell]bool), anySize: true}
		r := mappedRig(t, func(c *Config, _ *fake) {
			c.Notifier = b
			if change != nil {
				change(c)
			}
		})
		return r, b
	}
	modern := func(r *rig, i int, base uint64) Doorbell {
		return Doorbell{Addr: base + notifyBase + uint64(4*i), FD: r.t.kicks[i].fd()}
	}
	t.Run("a modern session has one for each enabled queue", func(t *testing.T) {
		r, b := rigWith(t, nil)
		b.want()
		r.drive()
		b.want(modern(r, 0, modernAddr), modern(r, 1, modernAddr))
		r.enable(2, 8)
		b.want(modern(r, 0, modernAddr), modern(r, 1, modernAddr), modern(r, 2, modernAddr))
	})
	t.Run("they move with the BAR and vanish with memory decoding", func(t *testing.T) {
		r, b := rigWith(t, nil)
		r.drive()
		r.setConfig(0x20, 4, 0xe0000000)
		b.want(modern(r, 0, 0xe0000000), modern(r, 1, 0xe0000000))
		r.setConfig(4, 2, 5)
		b.want()
	})
	t.Run("a queue reset takes its own away", func(t *testing.T) {
		r, b := rigWith(t, nil)
		r.drive()
		r.write(rSelect, 2, 0)
		r.write(rReset, 2, 1)
		b.want(modern(r, 1, modernAddr))
	})
	for name, end := range map[string]func(r *rig){
		"a reset":                  func(r *rig) { r.write(rStatus, 1, 0) },
		"the loss of bus master":   func(r *rig) { r.setConfig(4, 2, 3) },
		"a violation":              func(r *rig) { r.write(rEnable, 2, 0) },
		"the end of the transport": func(r *rig) { r.t.Close() },
	} {
		t.Run(name+" takes all away", func(t *testing.T) {
			r, b := rigWith(t, nil)
			r.drive()
			end(r)
			b.want()
		})
	}
	t.Run("a legacy session has a port with the queue's number", func(t *testing.T) {
		r, b := rigWith(t, nil)
		r.legacyDrive(7)
		b.want(Doorbell{IO: true, Addr: legacyPort + 16, Size: 2, Match: true, Value: 0, FD: r.t.kicks[0].fd()})
	})
	t.Run("modern-pio-notify adds a port", func(t *testing.T) {
		r, b := rigWith(t, func(c *Config) { c.ModernPIONotify = true })
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(1, 8)
		r.write(rStatus, 1, 0x0f)
		b.want(modern(r, 1, modernAddr), Doorbell{IO: true, Addr: pioPort, Size: 2, Match: true, Value: 1, FD: r.t.kicks[1].fd()})
	})
	t.Run("a machine that must know the size gets two bytes", func(t *testing.T) {
		r, b := rigWith(t, nil)
		b.anySize = false
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(0, 8)
		r.write(rStatus, 1, 0x0f)
		d := modern(r, 0, modernAddr)
		d.Size = 2
		b.want(d)
		r.write(rStatus, 1, 0)
		b.want()
	})
	t.Run("where none can be attached the register is enough", func(t *testing.T) {
		r, b := rigWith(t, nil)
		b.broken = true
		r.vectors()
		r.drive()
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 1)
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.signalled(1)
	})
}
