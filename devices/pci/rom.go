package pci

import "fmt"

const (
	romEnable  = 1       // bit 0 of the expansion ROM register
	romMinimum = 1 << 11 // its lowest address bit
)

// AddROM gives the function an expansion ROM (6.2.5.2) of size bytes, a power of two of at least 2 KiB. contents may be
// shorter, or nil: what is missing reads as zero. A guest finds no image in it then, and goes on.
func (f *Function) AddROM(size uint64, contents []byte) {
	if uint64(len(contents)) > size || size < romMinimum || size > 1<<31 {
		panic(fmt.Sprintf("pci: ROM of %#x bytes does not fit a BAR of %#x", len(contents), size))
	}
	f.addBAR(&bar{reg: regROM, kind: Mem32, size: size, region: rom(contents)}, 0)
	f.mask[regROM] |= romEnable
}

// rom is read-only memory.
type rom []byte

func (r rom) Read(off uint64, p []byte) {
	clear(p)
	if off < uint64(len(r)) {
		copy(p, r[off:])
	}
}

func (rom) Write(uint64, []byte) {}
