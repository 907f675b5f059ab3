package main

import (
	"math"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// Blocks is query-block.
func (b *backend) Blocks() []qmp.Block {
	b.mu.Lock()
	defer b.mu.Unlock()
	var blocks []qmp.Block
	for _, d := range b.assembly.Disks() {
		if d.ID == "" && d.Device == nil {
			continue // a node that no device has
		}
		blocks = append(blocks, blockOf(d))
	}
	return blocks
}

func blockOf(d assemble.Disk) qmp.Block {
	name := d.Path
	if name == "" {
		name = d.Driver + "://"
	}
	block := qmp.Block{Device: d.ID, Type: "unknown", Inserted: &qmp.Inserted{
		File: name, NodeName: d.Node, RO: d.ReadOnly, Drv: "raw", Detect: "off",
		Image: qmp.Image{Filename: name, Format: "raw", VirtualSize: uint64(d.Bytes), ActualSize: d.Allocated},
	}}
	if d.Device != nil {
		block.IOStatus, block.QDev = "ok", d.DevicePath+backendSuffix
	}
	return block
}

// sector is the least that a disk can be more or less: QEMU rounds up.
const sector = 512

// ResizeBlock is block_resize: of what a drive's id or a node's name names, in this order (QEMU: bdrv_lookup_bs).
func (b *backend) ResizeBlock(device, node string, size int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range []string{device, node} {
		if b.described.Disk(name) == nil || name == "" {
			continue
		}
		if size < 0 || size > math.MaxInt64-sector {
			return qmp.Errorf("Parameter 'size' expects a >0 size")
		}
		return b.assembly.ResizeDisk(name, (size+sector-1)/sector*sector)
	}
	return qmp.Errorf("Cannot find device='%s' nor node-name='%s'", device, node)
}
