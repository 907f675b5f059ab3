package boot

import (
	"io"

	"github.com/bobuhiro11/gokvm/bootparam"
)

// bzImage is a compressed Linux kernel behind its real-mode setup code, which nobody runs here.
type bzImage struct {
	r      io.ReaderAt
	header bootparam.SetupHeader
	off    int64  // of the protected-mode kernel in the file
	size   uint64 // of it, in bytes
}

func openBzImage(r io.ReaderAt, size int64, head []byte) (Kernel, error) {
	h, err := parseHeader(head)
	if err != nil {
		return nil, err
	}
	sects := int64(h.SetupSects)
	if sects == 0 {
		sects = setupSectsOld
	}
	k := &bzImage{r: r, header: h, off: (sects + 1) * sector}
	says := k.off + int64(h.SysSize)*syssizeUnit
	// syssize counts paragraphs: the last one may be short.
	if size <= says-syssizeUnit {
		return nil, truncated("bzImage", says, size)
	}
	if h.SysSize == 0 {
		return nil, &FileError{"a bzImage with a syssize of 0", "a kernel behind the setup code"}
	}
	k.size = uint64(min(size, says) - k.off)
	return k, nil
}

func (k *bzImage) Kind() Kind { return BzImage }

// place is where the kernel runs and decompresses: exactly there where it wants to be. A relocatable one would run
// elsewhere, but not below, and above gains nothing.
func (k *bzImage) place() Range {
	base := k.header.PrefAddress
	if base == 0 {
		base = uint64(k.header.Code32Start)
	}
	if k.header.RelocatableKernel != 0 && base < RAM4GBase {
		base = alignUp(base, uint64(k.header.KernelAlignment))
	}
	return Range{base, max(uint64(k.header.InitSize), k.size), RAM}
}

// initrdCeil is the first address that an initrd must not reach. The field names the last allowed byte.
func (k *bzImage) initrdCeil() uint64 { return uint64(k.header.InitrdAddrMax) + 1 }

func (k *bzImage) Load(mem io.WriterAt, p Params) (Entry, error) {
	at := k.place()
	initrd, err := k.plan(p, at)
	if err != nil {
		return Entry{}, err
	}
	if err := fill(mem, at.Base, io.NewSectionReader(k.r, k.off, int64(k.size)), k.size, "kernel"); err != nil {
		return Entry{}, err
	}
	h := k.header
	h.Code32Start = uint32(at.Base)
	return startLinux(mem, h, p, initrd, at.Base+entry64Off)
}

// plan checks that everything fits and says where the initrd goes.
func (k *bzImage) plan(p Params, at Range) (Range, error) {
	if err := checkRoom(p, at); err != nil {
		return Range{}, err
	}
	if err := checkCmdline(p.Cmdline, uint64(k.header.CmdlineSize)); err != nil {
		return Range{}, err
	}
	return placeInitrd(p, at.End(), k.initrdCeil())
}
