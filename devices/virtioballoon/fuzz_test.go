package virtioballoon

import (
	"context"
	"testing"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

// within fails a test if a device would discard what is not a page of RAM.
type within struct {
	t   *testing.T
	ram []byte
}

func (w within) Discard(pages []byte) error {
	off := uintptr(unsafe.Pointer(&pages[0])) - uintptr(unsafe.Pointer(&w.ram[0]))
	if off%pageSize != 0 || len(pages)%pageSize != 0 || off+uintptr(len(pages)) > uintptr(len(w.ram)) {
		w.t.Errorf("%d bytes at %#x of RAM", len(pages), off)
	}
	return nil
}

func FuzzPageListsAndStatistics(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 2, 0, 0, 0}, uint8(3))
	f.Add([]byte{255, 255, 255, 255, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		if len(b) == 0 {
			return
		}
		ram := virtiotest.NewRAM(t, 64<<10)
		d := device(t, Config{Discarder: within{t, ram.Bytes(0, 64<<10)}})
		split := int(cut) % len(b)
		chain := &virtio.Chain{}
		for _, part := range [][]byte{b[:split], b[split:]} {
			if len(part) > 0 {
				chain.Read = append(chain.Read, unix.Iovec{Base: &part[0], Len: uint64(len(part))})
			}
		}
		if err := d.takePages(context.Background(), ram, chain); err != nil {
			t.Error(err)
		}
		if err := d.stats.receive(context.Background(), chain); err != nil {
			t.Error(err)
		}
		if tag := int(b[0]); len(b) == 10 && b[1] == 0 && tag < len(StatNames) && d.Stats().Updated.IsZero() {
			t.Error("statistics were not taken")
		}
	})
}
