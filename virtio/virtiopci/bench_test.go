package virtiopci

import (
	"testing"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

// BenchmarkKick is a notification that takes the slow path: a register write and a write of an eventfd.
func BenchmarkKick(b *testing.B) {
	r := mappedRig(b, nil)
	p := []byte{0, 0}
	b.ReportAllocs()
	for b.Loop() {
		r.root.Write(pci.Memory, rNotify, p)
	}
}

// BenchmarkInterrupt is a used buffer notification up to the machine's MSI.
func BenchmarkInterrupt(b *testing.B) {
	r := mappedRig(b, nil)
	r.vectors()
	r.accept(virtio.FeaturesOf(virtio.Version1))
	r.write(rVector, 2, 0)
	raise := r.t.queueInterrupt(0)
	b.ReportAllocs()
	for b.Loop() {
		raise()
	}
}
