package vmm

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/drydock-vmm/drydock/kvm"
)

// An access of the fuzzer's is eight bytes: where, how wide, which offset, what value.
const accessSize = 8

// FuzzAccesses sends exits to a whole machine as a guest could cause them: ports of the platform, configuration space, BARs wherever
// they are put, RAM with rings in it. The guest itself does not run.
func FuzzAccesses(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 4, 0, 0, 0, 0, 0, 2, 2, 0, 0, 7, 0, 0, 0})                                  // COMMAND
	f.Add([]byte{4, 0, 0x14, 0, 1, 0, 0, 0, 4, 0, 0x14, 0, 3, 0, 0, 0, 4, 0, 0x14, 0, 7, 0, 0, 0}) // up to DRIVER_OK
	f.Add([]byte{0, 2, 0x08, 0xae, 4, 0, 0, 0, 4, 0, 0x14, 0, 1, 0, 0, 0})                         // slot 2 is given back, and used
	c := Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(2), card(3)}, DebugExit: 0xf4}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	defer m.close()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 200*accessSize {
			return
		}
		ctx, stop := context.WithCancelCause(t.Context())
		defer stop(nil)
		powerOn(t, m, stop)
		for ; len(data) >= accessSize; data = data[accessSize:] {
			if err := handle(m, cpuOf(m), access(m, [accessSize]byte(data))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := outcome(context.Cause(ctx)); err != nil && ctx.Err() != nil {
			t.Errorf("the guest made the host fail: %v", err)
		}
	})
}

// powerOn resets what a guest can change of m; to make a machine for each input would take most of the time.
func powerOn(t *testing.T, m *pc, stop context.CancelCauseFunc) {
	m.stop = stop
	m.accel.(*kvmAccel).gate.settle() // what the input before gave back is gone
	for _, slot := range []int{2, 3} {
		if m.pci.Function(slot, 0) != nil {
			continue
		}
		if _, err := m.plug(card(slot), false); err != nil {
			t.Fatal(err)
		}
	}
	m.pci.Reset()
	clear(m.ram.host)
	if err := m.assignPCI(); err != nil {
		t.Fatal(err)
	}
}

// access makes an exit of eight bytes.
func access(m *pc, a [accessSize]byte) kvm.Exit {
	off, size := binary.LittleEndian.Uint16(a[2:]), 1<<(a[1]&3)
	data := make([]byte, 8)
	copy(data, a[4:])
	write, slot := a[1]&4 == 0, 2+int(a[0]>>7)
	port := func(p uint16) kvm.Exit {
		return &kvm.ExitIO{Write: write, Port: p, Size: min(size, 4), Count: 1, Data: data[:min(size, 4)]}
	}
	switch a[0] % 8 {
	case 0:
		return port(off)
	case 1: // CONFIG_ADDRESS of a card
		return &kvm.ExitIO{Write: true, Port: 0xcf8, Size: 4, Count: 1,
			Data: binary.LittleEndian.AppendUint32(nil, 1<<31|uint32(slot)<<11|uint32(off)&0xfc)}
	case 2:
		return port(0xcfc + off&3)
	case 3:
		return port(uint16(barOf(m, slot, 0)) + off&0x3f)
	case 4:
		return &kvm.ExitMMIO{Write: write, Addr: barOf(m, slot, 4) + uint64(off&0x3fff), Data: data[:size]}
	case 5:
		return &kvm.ExitMMIO{Write: write, Addr: barOf(m, slot, 1) + uint64(off&0xfff), Data: data[:size]}
	case 6:
		return &kvm.ExitMMIO{Write: write, Addr: uint64(off) << 16, Data: data[:1+a[1]>>3&7]}
	}
	if b, err := m.ram.Slice(uint64(off)&^7, 8); err == nil {
		copy(b, a[4:])
	}
	return kvm.ExitIntr{}
}
