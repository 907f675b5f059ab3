package virtioblk

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

const (
	headerLen  = 16 // type, reserved, sector
	segmentLen = 16 // struct virtio_blk_discard_write_zeroes

	segmentUnmap = 1 // VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP
)

// A request is one chain of a queue. Header, data and status lie in it in any way that the driver likes (2.7.4.1).
type request struct {
	chain  *virtio.Chain
	kind   uint32
	sector uint64

	op     Op
	off    int64 // bytes
	size   int64
	unmap  bool
	data   []unix.Iovec // guest memory between header and status; its array is kept
	status byte
	err    error // the host's
}

// take decodes a chain's header. Its error is a *virtio.Violation.
func (r *request) take(c *virtio.Chain, queue int) error {
	*r = request{chain: c, data: r.data[:0], status: statusOK}
	var h [headerLen]byte
	switch {
	case c.ReadLen == 0 || c.WriteLen == 0:
		return violation(RuleParts, queue, c, "%d bytes are readable and %d writable", c.ReadLen, c.WriteLen)
	case iovec.Gather(h[:], c.Read, 0) < headerLen:
		return violation(RuleHeader, queue, c, "it has %d readable bytes", c.ReadLen)
	}
	r.kind, r.sector = binary.LittleEndian.Uint32(h[0:]), binary.LittleEndian.Uint64(h[8:])
	return nil
}

func violation(r *virtio.Rule, queue int, c *virtio.Chain, format string, args ...any) error {
	return &virtio.Violation{Rule: r, Queue: queue, Head: c.Head, What: fmt.Sprintf(format, args...)}
}

// plan decides what to do with a request that take has read. It reports whether the disk has anything to do: if not, the status
// stands already.
func (d *Device) plan(r *request, queue int) (work bool, err error) {
	switch r.kind &^ (typeOut | typeBarrier) {
	case typeIn:
		return d.planTransfer(r), nil
	case typeFlush:
		r.op = OpFlush
		return true, nil
	case typeDiscard &^ typeOut, typeWriteZeroes &^ typeOut:
		return d.planSegment(r, queue)
	case typeGetID:
		r.identify(d.cfg.Serial)
	case typeSCSI:
		r.refuseSCSI()
	default:
		r.status = statusUnsupp
	}
	return false, nil
}

// planTransfer is for IN and OUT, which differ in one bit.
func (d *Device) planTransfer(r *request) bool {
	if r.kind&typeOut != 0 {
		r.op, r.size = OpWrite, int64(r.chain.ReadLen-headerLen)
		r.data = iovec.AppendAfter(r.data, r.chain.Read, headerLen)
	} else {
		r.op, r.size = OpRead, int64(r.chain.WriteLen-1)
		r.data = trim(append(r.data, r.chain.Write...))
	}
	if !d.inRange(r.sector, r.size) || r.op == OpWrite && d.cfg.ReadOnly {
		r.status = statusIOErr
		return false
	}
	r.off = int64(r.sector) << sectorShift
	return true
}

// trim takes the last byte off, which is the status.
func trim(vecs []unix.Iovec) []unix.Iovec {
	last := len(vecs) - 1
	if vecs[last].Len--; vecs[last].Len == 0 {
		return vecs[:last]
	}
	return vecs
}

// planSegment is for DISCARD and WRITE_ZEROES. The order of the checks is QEMU's: it decides which status a request gets that is
// wrong in two ways.
func (d *Device) planSegment(r *request, queue int) (work bool, err error) {
	length := r.chain.ReadLen - headerLen
	if r.kind&typeOut == 0 || length > segmentLen { // max_discard_seg and max_write_zeroes_seg are 1
		r.status = statusUnsupp
		return false, nil
	}
	var s [segmentLen]byte
	if iovec.Gather(s[:], r.chain.Read, headerLen) < segmentLen {
		return false, violation(RuleSegment, queue, r.chain, "it has %d bytes behind its header", length)
	}
	r.op = OpDiscard
	most, flags := d.cfg.MaxDiscard, binary.LittleEndian.Uint32(s[12:])
	if r.kind&^typeBarrier == typeWriteZeroes {
		r.op, most, r.unmap = OpWriteZeroes, d.cfg.MaxWriteZeroes, flags&segmentUnmap != 0
		flags &^= segmentUnmap
	}
	sector, count := binary.LittleEndian.Uint64(s[0:]), binary.LittleEndian.Uint32(s[8:])
	switch {
	case count > most || !d.inRange(sector, int64(count)<<sectorShift):
		r.status = statusIOErr
	case flags != 0:
		r.status = statusUnsupp
	case d.cfg.ReadOnly:
		r.status = d.refusal(r.op, count)
	default:
		r.off, r.size = int64(sector)<<sectorShift, int64(count)<<sectorShift
		return true, nil
	}
	return false, nil
}

// refusal is what a read-only disk says to a discard or to zeroes: in QEMU, what would change nothing is well.
func (d *Device) refusal(op Op, count uint32) byte {
	if op == OpDiscard && !d.unmaps || op == OpWriteZeroes && count == 0 {
		return statusOK
	}
	return statusIOErr
}

// inRange is QEMU's virtio_blk_sect_range_ok.
func (d *Device) inRange(sector uint64, size int64) bool {
	logical := int64(d.cfg.LogicalBlock)
	total := uint64(d.disk.Size() >> sectorShift)
	n := uint64(size >> sectorShift)
	switch {
	case n > maxSectors, size%logical != 0, sector%uint64(logical>>sectorShift) != 0:
		return false
	}
	return sector <= total && n <= total-sector
}

// identify is GET_ID: the serial number, with a NUL if there is room for one (5.2.6).
func (r *request) identify(serial string) {
	id := append(make([]byte, 0, idLen), serial[:min(len(serial), idLen)]...)
	if len(id) < idLen {
		id = append(id, 0)
	}
	r.data = trim(append(r.data, r.chain.Write...))
	iovec.Scatter(r.data, 0, id)
}

// refuseSCSI answers a command of SCSI as QEMU does without scsi=on: with errors that are not 0, so that the ioctl in the guest
// fails, in the vector before the status.
func (r *request) refuseSCSI() {
	if len(r.chain.Read) < 2 || len(r.chain.Write) < 3 {
		r.status = statusIOErr
		return
	}
	r.status = statusUnsupp
	header := iovec.Bytes(r.chain.Write[len(r.chain.Write)-2])
	copy(header, []byte{255, 0, 0, 0})
}

// finish puts the status into the last byte, which the used length counts along with all before it, whatever was written there
// (QEMU's in_len).
func (r *request) finish(q *virtio.Queue) {
	last := iovec.Bytes(r.chain.Write[len(r.chain.Write)-1])
	last[len(last)-1] = r.status
	q.Push(r.chain, uint32(r.chain.WriteLen))
	r.chain = nil
}
