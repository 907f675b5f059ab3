package virtiopci

import (
	"encoding/binary"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// Modern registers by offset, with the width of the field.
const (
	rDeviceSelect = common + 0x00
	rDevice       = common + 0x04
	rDriverSelect = common + 0x08
	rDriver       = common + 0x0c
	rConfigVector = common + 0x10
	rNumQueues    = common + 0x12
	rStatus       = common + 0x14
	rGeneration   = common + 0x15
	rSelect       = common + 0x16
	rSize         = common + 0x18
	rVector       = common + 0x1a
	rEnable       = common + 0x1c
	rDesc         = common + 0x20
	rAvail        = common + 0x28
	rUsed         = common + 0x30
	rReset        = common + 0x3a
	rISR          = modernAddr + isrBase
	rConfig       = modernAddr + deviceBase
	rNotify       = modernAddr + notifyBase
)

// accept negotiates up to FEATURES_OK.
func (r *rig) accept(f virtio.Features) {
	r.write(rStatus, 1, 0)
	r.write(rStatus, 1, 3)
	for i := range uint32(2) {
		r.write(rDriverSelect, 4, uint64(i))
		r.write(rDriver, 4, uint64(f.Word(i)))
	}
	r.write(rStatus, 1, 0x0b)
}

// area is where the rig puts queue i: a page for each part.
func area(i int) (desc, avail, used uint64) {
	base := uint64(0x10000 + 0x3000*i)
	return base, base + 0x1000, base + 0x2000
}

func (r *rig) enable(i, size int) {
	desc, avail, used := area(i)
	r.write(rSelect, 2, uint64(i))
	r.write(rSize, 2, uint64(size))
	r.write(rDesc, 8, desc)
	r.write(rAvail, 8, avail)
	r.write(rUsed, 8, used)
	r.write(rEnable, 2, 1)
}

// drive is a modern driver up to DRIVER_OK with queues 0 and 1 of 8 entries.
func (r *rig) drive() *virtio.Session {
	r.accept(virtio.FeaturesOf(virtio.Version1, virtio.RingReset))
	r.enable(0, 8)
	r.enable(1, 8)
	r.write(rStatus, 1, 0x0f)
	return r.session()
}

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// session waits until the device runs.
func (r *rig) session() *virtio.Session {
	r.tb.Helper()
	select {
	case s := <-r.device.runs:
		return s
	case <-time.After(patience):
		r.tb.Fatal("the device does not run")
		return nil
	}
}

// idle fails if the device runs.
func (r *rig) idle(why string) {
	r.tb.Helper()
	select {
	case <-r.device.runs:
		r.tb.Error("the device runs " + why)
	case <-time.After(20 * time.Millisecond):
	}
}

// offer makes one buffer of queue i available at the n-th position, without a kick.
func (r *rig) offer(i, n int) {
	desc, avail, _ := area(i)
	d := r.mem[desc:]
	binary.LittleEndian.PutUint64(d, 0x8000)
	binary.LittleEndian.PutUint32(d[8:], 16)
	binary.LittleEndian.PutUint16(r.mem[avail+4+uint64(n%8)*2:], 0)
	binary.LittleEndian.PutUint16(r.mem[avail+2:], uint16(n+1))
}

func (r *rig) signalled(want int) {
	r.tb.Helper()
	select {
	case v := <-r.signals:
		r.equal("vector", uint64(v), uint64(want))
	case <-time.After(patience):
		r.tb.Errorf("no interrupt; want vector %d", want)
	}
}

// eventually waits for what another goroutine does.
func (r *rig) eventually(what string, ok func() bool) {
	r.tb.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	r.tb.Errorf("never: %s", what)
}

// vectors enables MSI-X with every vector unmasked.
func (r *rig) vectors() {
	for v := range r.t.msix.Vectors() {
		r.write(msixAddr+uint64(v)*16, 4, 0xfee00000)
		r.write(msixAddr+uint64(v)*16+8, 4, uint64(v))
		r.write(msixAddr+uint64(v)*16+12, 4, 0)
	}
	r.setConfig(int(r.config(0x34, 1))+2, 2, 0x8000)
}
