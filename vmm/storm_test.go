package vmm

import (
	"fmt"
	"sync"
	"testing"

	"github.com/drydock-vmm/drydock/devices/pcihotplug"
)

// storm has all that somebody outside can do to a machine done at once.
func storm(b *bench, rounds int) {
	var all sync.WaitGroup
	each := func(do func(i int)) {
		all.Go(func() {
			for i := range rounds {
				do(i)
			}
		})
	}
	ok := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	each(func(int) { ok(b.Pause()); ok(b.Resume()) })
	each(func(int) { ok(b.Resume()); ok(b.Pause()) })
	each(func(i int) {
		if i%8 == 0 {
			ok(b.Reset())
		}
	})
	each(func(i int) {
		d := card(-1)
		d.ID = fmt.Sprint(i)
		ok(b.Plug(d))
		_ = b.Unplug(d.ID) // it may have gone with a reset or by the next line of another round
		b.out32(pcihotplug.Base+8, 1<<(5+i%4))
	})
	each(func(int) { b.PCI(); b.Functions(func(f []Function) { f[0].Transport.Snapshot() }) })
	each(func(i int) {
		b.setConfig(4, 4, uint32(i&7))
		b.setConfig(4, 0x20, 0xe0000000)
		b.write32(0xe0000014, uint32(i&0xf))
		b.read32(uint64(i) * 0x1000)
	})
	each(func(int) { ok(b.PowerDown()) })
	all.Wait()
	ok(b.Resume())
}

func TestCommandsOfAllKindsMayComeAtOnce(t *testing.T) {
	t.Run("to a machine without a CPU", func(t *testing.T) { storm(newBench(t, card(4)), 64) })
	t.Run("to a guest on KVM", func(t *testing.T) {
		k := newTalker(t, false)
		k.hears("READY")
		storm(k.bench, 16)
	})
}
