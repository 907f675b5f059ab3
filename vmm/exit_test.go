package vmm

import (
	"context"
	"encoding/binary"
	"os"
	"runtime"
	"testing"

	"github.com/drydock-vmm/drydock/kvm"
)

// cpuOf is the first CPU of a PC on KVM.
func cpuOf(m *pc) *kvm.VCPU { return m.accel.(*kvmAccel).cpus[0] }

// barOf reads the address of a BAR of the function at a slot; 0 if there is none.
func barOf(m *pc, slot, n int) uint64 {
	var p [4]byte
	f := m.pci.Function(slot, 0)
	if f == nil {
		return 0
	}
	f.ReadConfig(0x10+4*n, p[:])
	return uint64(binary.LittleEndian.Uint32(p[:]) &^ 0xf)
}

func TestAnExitAllocatesNothing(t *testing.T) {
	c := Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(2)}}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	registers, vectors, ports := barOf(m, 2, 4), barOf(m, 2, 1), barOf(m, 2, 0)
	data := make([]byte, 8)
	for _, c := range []struct {
		name string
		exit kvm.Exit
	}{
		{"a write of a platform port", &kvm.ExitIO{Write: true, Port: 0x80, Size: 1, Count: 1, Data: data[:1]}},
		{"a string write of one", &kvm.ExitIO{Write: true, Port: 0x80, Size: 1, Count: 8, Data: data}},
		{"a read of a port where nothing is", &kvm.ExitIO{Port: 0x1234, Size: 2, Count: 1, Data: data[:2]}},
		{"a read of PCI configuration space", &kvm.ExitIO{Port: 0xcfc, Size: 4, Count: 1, Data: data[:4]}},
		{"a read of a legacy register", &kvm.ExitIO{Port: uint16(ports), Size: 4, Count: 1, Data: data[:4]}},
		{"a kick at a port", &kvm.ExitIO{Write: true, Port: uint16(ports) + 16, Size: 2, Count: 1, Data: data[:2]}},
		{"a read of a modern register", &kvm.ExitMMIO{Addr: registers + 4, Data: data[:4]}},
		{"a kick in memory", &kvm.ExitMMIO{Write: true, Addr: registers + 0x3000, Data: data[:2]}},
		{"a read of a vector", &kvm.ExitMMIO{Addr: vectors, Data: data[:4]}},
		{"a read of memory that is not", &kvm.ExitMMIO{Addr: 0xfe000000, Data: data[:8]}},
		{"an interruption", kvm.ExitIntr{}},
	} {
		if n := testing.AllocsPerRun(100, func() { _ = handle(m, cpuOf(m), c.exit) }); n != 0 {
			t.Errorf("%s allocates %v times", c.name, n)
		}
	}
}

func TestAnAccessOfAnyLengthIsAnswered(t *testing.T) {
	c := Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(2)}}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for _, base := range []uint64{barOf(m, 2, 4), barOf(m, 2, 1), 0xfe000000} {
		for off := range uint64(0x40) {
			for n := 1; n <= 8; n++ { // KVM cuts an access at the end of a page: three bytes and five are possible
				for _, write := range []bool{false, true} {
					if err := handle(m, cpuOf(m), &kvm.ExitMMIO{Write: write, Addr: base + off, Data: make([]byte, n)}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// BenchmarkPortExit is the way of an OUT from the guest to a device and back. On a KVM that emulates ring 0 it takes 40 µs, none of
// which are ours.
func BenchmarkPortExit(b *testing.B) {
	kernel, err := os.Open(PayloadPath())
	if err != nil {
		b.Fatal(err)
	}
	defer kernel.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := Config{RAM: 256 << 20, CPUs: 1, CPU: "host", Kernel: kernel, Cmdline: "exits count=1000000000"}
	ctx, stop := context.WithCancelCause(b.Context())
	m, err := newPC(&c, inputs{}, stop)
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	if err := m.accel.load(m); err != nil {
		b.Fatal(err)
	}
	step := func() (exit kvm.Exit) {
		exit, err := cpuOf(m).Run()
		if err == nil {
			err = handle(m, cpuOf(m), exit)
		}
		if err != nil || ctx.Err() != nil {
			b.Fatal(err, context.Cause(ctx))
		}
		return exit
	}
	for { // until the loop has begun
		if e, ok := step().(*kvm.ExitIO); ok && e.Port == 0x80 {
			break
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// BenchmarkHandle is our part of it.
func BenchmarkHandle(b *testing.B) {
	c := Config{RAM: 1 << 20, CPUs: 1, Devices: []Device{card(2)}}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	var data [4]byte
	for _, c := range []struct {
		name string
		exit kvm.Exit
	}{
		{"platform port", &kvm.ExitIO{Write: true, Port: 0x80, Size: 1, Count: 1, Data: data[:1]}},
		{"legacy register", &kvm.ExitIO{Port: uint16(barOf(m, 2, 0)), Size: 4, Count: 1, Data: data[:4]}},
		{"modern register", &kvm.ExitMMIO{Addr: barOf(m, 2, 4) + 4, Data: data[:4]}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = handle(m, cpuOf(m), c.exit)
			}
		})
	}
}
