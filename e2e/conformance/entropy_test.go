package conformance

import (
	"bytes"

	"github.com/drydock-vmm/drydock/devices/virtiorng"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var entropySentences = []sentence{
	must("4.1.2.1", everywhere, "has the device ID 0x1005 or 0x1044", func(e *env) { e.entropy().identified(0x1005, 0x1044) }),
	described("5.4.2", everywhere, "has one queue", func(e *env) {
		d := e.entropy()
		d.start()
		d.equal("queues", uint64(len(d.rings)), 1)
	}),
	must("5.4.6.2", everywhere, "puts one or more random bytes into a buffer", func(e *env) {
		d := e.entropy()
		d.start()
		var last []byte
		for _, n := range []int{64, 100, 4096} {
			b := d.random(n)
			if len(b) == 0 || len(b) > n {
				e.Errorf("%d bytes in a buffer of %d", len(b), n)
			}
			if len(b) >= 32 && (bytes.Equal(b[:32], make([]byte, 32)) || bytes.HasPrefix(last, b[:32])) {
				e.Errorf("not random: %x", b[:32])
			}
			last = b
		}
	}),
	may("5.4.6.2", everywhere, "fills the whole buffer", func(e *env) {
		d := e.entropy()
		d.start()
		for _, n := range []int{1, 64, 100_000} {
			d.equal("bytes", uint64(len(d.random(n))), uint64(n))
		}
	}),
	survives("5.4.6.1", everywhere, "comes to no harm by a buffer without a device-writable part", func(e *env) {
		d := e.entropy()
		d.start()
		d.rings[0].Add(readable(d.ram(), make([]byte, 16))...)
		d.rings[0].Kick()
		d.equal("bytes", uint64(d.rings[0].Wait(patience).Len), 0)
		d.equal("bytes", uint64(len(d.random(16))), 16)
	}),
}

func (e *env) entropy() *driver {
	e.Helper()
	device, err := virtiorng.New(virtiorng.Config{})
	if err != nil {
		e.Fatal(err)
	}
	return e.attach(device, nil).drive()
}

// random gets bytes by a buffer of n.
func (d *driver) random(n int) []byte {
	d.Helper()
	at := d.ram().Alloc(n, 1)
	d.rings[0].Add(virtiotest.Writable(at, n))
	d.rings[0].Kick()
	return d.ram().Bytes(at, int(d.rings[0].Wait(patience).Len))
}
