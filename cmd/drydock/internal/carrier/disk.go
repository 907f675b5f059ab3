package carrier

import (
	"fmt"
	"strings"
)

// A Disk is a file or block device of the host that is a disk of the carrier. QEMU locks a file, as others do that share it with none.
type Disk struct {
	Path     string
	ReadOnly bool
}

// maxDisks is what has room on the carrier's bus beside ports and network.
const maxDisks = 20

// diskModule is what the carrier's kernel needs to have any.
const diskModule = "virtio_blk"

// DiskPath is the n-th disk in the carrier: they are found in their order on the bus, and there are no others.
func DiskPath(n int) string { return fmt.Sprintf("/dev/vd%c", 'a'+n) }

// args are QEMU's n-th disk. Errors are reported: by default QEMU would stop the carrier at a full disk, and nobody would say why.
func (d Disk) args(n int) []string {
	readOnly := "off"
	if d.ReadOnly {
		readOnly = "on"
	}
	return []string{
		"-drive", fmt.Sprintf("if=none,id=disk%d,format=raw,discard=unmap,readonly=%s,file=%s", n, readOnly, strings.ReplaceAll(d.Path, ",", ",,")),
		"-device", fmt.Sprintf("virtio-blk-pci,disable-legacy=on,werror=report,rerror=report,drive=disk%d", n),
	}
}
