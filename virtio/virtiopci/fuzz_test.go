package virtiopci

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/drydock-vmm/drydock/devices/pci"
)

// FuzzRegisters makes the accesses that a guest can make: each eight bytes of the input are one. The rings lie in a small
// RAM that the same input fills, so that bogus queues are enabled and served. Nothing may panic, hang, or be left over.
func FuzzRegisters(f *testing.F) {
	access := func(kind, size, off byte, v uint32) []byte {
		return binary.LittleEndian.AppendUint32([]byte{kind, size, off, 0}, v)
	}
	modern := [][]byte{
		access(0, 0, 0x14, 3), access(0, 2, 0x08, 1), access(0, 2, 0x0c, 1), access(0, 0, 0x14, 0x0b),
		access(0, 1, 0x18, 8), access(0, 2, 0x20, 0x1000), access(0, 2, 0x28, 0x2000), access(0, 2, 0x30, 0x3000),
		access(0, 1, 0x1c, 1), access(0, 0, 0x14, 0x0f), access(2, 1, 0, 0), access(0, 1, 0x3a, 1), access(0, 1, 0x1c, 0), access(0, 0, 0x14, 0),
	}
	legacy := [][]byte{
		access(1, 0, 18, 3), access(1, 2, 4, 0x40000001), access(1, 2, 8, 1), access(1, 1, 16, 0), access(1, 0, 18, 7),
		access(1, 0, 19, 0), access(3, 1, 4, 3), access(3, 1, 4, 7), access(1, 2, 8, 0),
	}
	f.Add(flat(modern))
	f.Add(flat(legacy))
	f.Add(flat(append(modern, legacy...)))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := runtime.NumGoroutine()
		r := mappedRig(t, func(_ *Config, f *fake) { f.runs = nil })
		for at := 0x1000; at < 0x8000 && len(in) > 0; at += len(in) {
			copy(r.mem[at:], in)
		}
		for n := 0; len(in) >= 8 && n < 256; n++ {
			r.guest(in[:8])
			in = in[8:]
		}
		r.t.Close()
		r.eventually("no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
	})
}

func flat(accesses [][]byte) (out []byte) {
	for _, a := range accesses {
		out = append(out, a...)
	}
	return out
}

// guest makes one access: what, its size, an offset, and the value of a write; bit 7 of the first byte makes it a read.
func (r *rig) guest(b []byte) {
	var p [8]byte
	copy(p[:], b[4:])
	size := 1 << (b[1] % 4)
	off := uint64(binary.LittleEndian.Uint16(b[2:]))
	read, region := b[0]&0x80 != 0, modernAddr
	switch b[0] & 7 {
	case 0:
		off %= 0x40
	case 1:
		r.touch(read, pci.Ports, legacyPort+off%0x20, p[:size])
		return
	case 2:
		off = notifyBase + off%16
	case 3:
		r.touchConfig(read, int(off%256), p[:min(size, 4)])
		return
	case 4:
		off %= 0x4000
	case 5:
		region, off = msixAddr, off%0x1000
	}
	r.touch(read, pci.Memory, uint64(region)+off, p[:size])
}

func (r *rig) touch(read bool, in pci.Space, addr uint64, p []byte) {
	if read {
		r.root.Read(in, addr, p)
	} else {
		r.root.Write(in, addr, p)
	}
}

func (r *rig) touchConfig(read bool, off int, p []byte) {
	if read {
		r.t.Function().ReadConfig(off, p)
	} else {
		r.t.Function().WriteConfig(off, p)
	}
}
