package vmlinux

import (
	"fmt"
	"io"
)

// Fields of the setup header, by their offsets in the file (boot.rst).
const (
	setupSects    = 0x1f1
	headerMagic   = 0x202
	version       = 0x206
	payloadOffset = 0x248
	payloadLength = 0x24c
	headerEnd     = 0x250

	payloadVersion = 0x208 // since when there are payload fields
	lengthSize     = 4     // the kernel's build ends each payload with the length of what is in it
)

// A payload is the compressed kernel in the file.
type payload struct {
	r         io.ReaderAt
	off, size int64
	unpacked  int64
	magic     [6]byte
}

func findPayload(r io.ReaderAt, size int64) (p payload, err error) {
	head := make([]byte, headerEnd)
	if size < headerEnd {
		return p, fmt.Errorf("not a bzImage: a file of %d bytes", size)
	}
	if n, err := r.ReadAt(head, 0); n < len(head) {
		return p, fmt.Errorf("reading the setup header: %w", err)
	}
	if string(head[headerMagic:headerMagic+4]) != "HdrS" {
		return p, fmt.Errorf("not a bzImage: found %q where the header's magic is, expected HdrS", head[headerMagic:headerMagic+4])
	}
	if v := le.Uint16(head[version:]); v < payloadVersion {
		return p, fmt.Errorf("bzImage of boot protocol %d.%d: its payload can be found from 2.8 on", v>>8, v&0xff)
	}
	p.r = r
	p.locate(head)
	return p, p.check(size)
}

// locate computes where the payload is: its offset counts from the end of the setup code.
func (p *payload) locate(head []byte) {
	sects := int64(head[setupSects])
	if sects == 0 {
		sects = 4
	}
	p.off = (sects+1)*512 + int64(le.Uint32(head[payloadOffset:]))
	p.size = int64(le.Uint32(head[payloadLength:]))
}

// check reads the two ends of the payload.
func (p *payload) check(size int64) error {
	var length [lengthSize]byte
	if p.size < int64(len(p.magic)+len(length)) {
		return fmt.Errorf("bzImage with a payload of %d bytes", p.size)
	}
	if p.off+p.size > size {
		return fmt.Errorf("truncated bzImage: its payload ends at byte %d, the file has %d", p.off+p.size, size)
	}
	if n, err := p.r.ReadAt(p.magic[:], p.off); n < len(p.magic) {
		return fmt.Errorf("reading the payload: %w", err)
	}
	if n, err := p.r.ReadAt(length[:], p.off+p.size-lengthSize); n < len(length) {
		return fmt.Errorf("reading the payload's end: %w", err)
	}
	p.unpacked = int64(le.Uint32(length[:]))
	if p.unpacked > sizeMax {
		return fmt.Errorf("bzImage whose payload says that it unpacks to %d bytes; the limit is %d", p.unpacked, sizeMax)
	}
	return nil
}

// reader gives the compressed stream. gzip's own format ends with the length; after any other it would be garbage.
func (p *payload) reader(c *compression) io.Reader {
	size := p.size
	if !c.ownLength {
		size -= lengthSize
	}
	return io.NewSectionReader(p.r, p.off, size)
}
