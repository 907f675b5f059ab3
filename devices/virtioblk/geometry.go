package virtioblk

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/devices/iovec"
)

// guessGeometry is QEMU's hd_geometry_guess: what the partition table says a disk of old would have, if that is plausible, and
// else 16 heads of 63 sectors.
func guessGeometry(d block.Backend) (cylinders uint16, heads, sectors uint8) {
	if c, h, s, ok := partitionGeometry(d); ok && h <= 16 {
		return c, h, s
	}
	const heads16, sectors63 = 16, 63
	n := d.Size() / block.SectorSize / (heads16 * sectors63)
	return uint16(min(max(n, 2), maxCylinders)), heads16, sectors63
}

const maxCylinders = 16383 // of an ATA disk

// partitionGeometry is QEMU's guess_disk_lchs: it takes it that partitions end at a cylinder's end.
func partitionGeometry(d block.Backend) (cylinders uint16, heads, sectors uint8, ok bool) {
	var b [block.SectorSize]byte
	if d.Size() < block.SectorSize || d.ReadAt([]unix.Iovec{iovec.Of(b[:])}, 0) != nil || b[510] != 0x55 || b[511] != 0xaa {
		return 0, 0, 0, false
	}
	for p := b[446:510]; len(p) > 0; p = p[16:] {
		endHead, endSector, length := p[5], p[6]&63, binary.LittleEndian.Uint32(p[12:])
		if length == 0 || endHead == 0 || endSector == 0 {
			continue
		}
		perCylinder := (int64(endHead) + 1) * int64(endSector)
		if c := d.Size() / block.SectorSize / perCylinder; c >= 1 && c <= maxCylinders {
			return uint16(c), endHead + 1, endSector, true
		}
	}
	return 0, 0, 0, false
}
