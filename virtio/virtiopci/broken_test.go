package virtiopci

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestABrokenDevice(t *testing.T) {
	breakRing := func(r *rig) { // an index that is ahead by more than the queue's size
		_, avail, _ := area(0)
		copy(r.mem[avail+2:], []byte{0xff, 0x7f})
		r.write(rNotify, 2, 0)
	}
	t.Run("2.1.2: a violation sets DEVICE_NEEDS_RESET and sends a configuration change", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		breakRing(r)
		r.eventually("a configuration change", r.high)
		r.equal("ISR", r.read(rISR, 1), 3)
		r.equal("status", r.read(rStatus, 1), 0x4f)
	})
	t.Run("nothing but a reset brings it back", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		breakRing(r)
		r.eventually("NEEDS_RESET", func() bool { return r.read(rStatus, 1) == 0x4f })
		r.write(rStatus, 1, 0x0b)
		r.write(rStatus, 1, 0x0f)
		r.idle("without a reset")
		clear(r.mem)
		r.drive()
		r.equal("status", r.read(rStatus, 1), 0x0f)
	})
	t.Run("4.1.4.3.2: a driver that writes 0 to queue_enable breaks it", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(0, 8)
		r.write(rEnable, 2, 0)
		r.equal("status", r.read(rStatus, 1), 0x4b)
		r.equal("queue_enable", r.read(rEnable, 2), 1)
		r.equal("ISR before DRIVER_OK", r.read(rISR, 1), 0)
	})
	t.Run("a ring that reaches over the end of RAM breaks it at queue_enable, and the log has the rule", func(t *testing.T) {
		var text bytes.Buffer
		r := mappedRig(t, func(c *Config, _ *fake) { c.Log = zerolog.New(&text) })
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(0, 8)
		r.write(rDesc, 8, 1<<20-64)
		r.write(rEnable, 2, 1)
		r.equal("status", r.read(rStatus, 1), 0x4b)
		r.write(rStatus, 1, 0x0f)
		r.idle("with such a ring")
		if !bytes.Contains(text.Bytes(), []byte("descriptor table is at 0xfffc0")) {
			t.Errorf("the log says %s", &text)
		}
	})
	t.Run("a ring over the end of RAM that is enabled late breaks it", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.write(rSelect, 2, 2)
		r.write(rSize, 2, 8)
		r.write(rDesc, 8, 1<<20-64)
		r.write(rEnable, 2, 1)
		r.equal("status", r.read(rStatus, 1), 0x4f)
		r.equal("ISR", r.read(rISR, 1), 3)
	})
	t.Run("a legacy driver sees nothing in the status", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.legacyDrive(7)
		r.session()
		copy(r.mem[0x11002:], []byte{0xff, 0x7f})
		r.out(16, 2, 0)
		r.eventually("broken", r.t.broken.Load)
		r.equal("status", r.in(18, 1), 7)
		r.equal("ISR", r.in(19, 1), 0)
	})
	t.Run("an error of the host is given to the machine", func(t *testing.T) {
		sick := errors.New("the tap is gone")
		r := mappedRig(t, func(_ *Config, f *fake) {
			f.run = func(context.Context, *virtio.Session) error { return sick }
		})
		r.drive()
		if err := <-r.faults; !errors.Is(err, sick) {
			t.Errorf("got %v", err)
		}
		r.equal("status", r.read(rStatus, 1), 0x0f)
	})
	t.Run("a context's end is no fault", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.write(rStatus, 1, 0)
		r.t.Close()
		select {
		case err := <-r.faults:
			t.Error(err)
		default:
		}
	})
}
