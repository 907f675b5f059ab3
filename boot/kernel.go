package boot

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Kind is a way to start a kernel.
type Kind int

const (
	BzImage Kind = iota // Linux boot protocol, 64-bit entry, compressed kernel
	Vmlinux             // Linux boot protocol, 64-bit entry, ELF
	PVH                 // Xen's PVH protocol, 32-bit entry, ELF
)

func (k Kind) String() string {
	switch k {
	case BzImage:
		return "bzImage"
	case Vmlinux:
		return "ELF vmlinux"
	case PVH:
		return "ELF with PVH entry"
	}
	return fmt.Sprintf("boot.Kind(%d)", int(k))
}

// A Kernel is an opened kernel file. Its headers have been read and checked; its content is read by Load. It holds no
// resource but the reader it was opened on. It may be loaded any number of times, by one goroutine at a time if the
// reader demands that.
type Kernel interface {
	Kind() Kind

	// Load writes the kernel and all that belongs to it to guest-physical memory mem, which must be zero, as fresh
	// RAM is: nothing writes the zeros of an ELF's bss. A mem that also has the method
	//	Slice(gpa, n uint64) ([]byte, error)
	// is read into directly; any other gets the bytes through a buffer.
	Load(mem io.WriterAt, p Params) (Entry, error)
}

// Params is what a kernel is started with.
type Params struct {
	Map     MemoryMap // required; NewMemoryMap makes one
	Cmdline string    // without NUL
	RSDP    uint64    // guest-physical address of ACPI's root pointer, 0 if there is none

	// Initrd gives exactly InitrdSize bytes; it is read by one Load. A size of 0 means that there is no initial RAM disk.
	Initrd     io.Reader
	InitrdSize int64
}

// Open finds out by its content what the file of size bytes is. What is no x86-64 kernel, or is damaged, gives a
// *FileError.
//
// An ELF that has both a PVH note and a Linux entry, as distributions build it, is started as Vmlinux if it is Linux
// (it has a note of the owner "Linux", or Xen's GUEST_OS note says so), because that skips the way from 32-bit mode;
// any other ELF with a PVH note is started as PVH.
func Open(r io.ReaderAt, size int64) (Kernel, error) {
	head, err := readHead(r, size)
	if err != nil {
		return nil, err
	}
	switch {
	case isELF(head):
		return openELF(r, size)
	case isBzImage(head):
		return openBzImage(r, size, head)
	}
	return nil, &FileError{Found: describe(head), Want: "a bzImage or an ELF kernel for x86-64"}
}

// OpenAs is Open for those who choose among the entries of an ELF. The file must offer that kind.
func OpenAs(kind Kind, r io.ReaderAt, size int64) (Kernel, error) {
	k, err := Open(r, size)
	if err != nil || k.Kind() == kind {
		return k, err
	}
	if e, ok := k.(*elfKernel); ok && e.offers(kind) {
		as := *e
		as.kind = kind
		return &as, nil
	}
	return nil, &FileError{Found: "a file that starts as " + k.Kind().String(), Want: "one that starts as " + kind.String()}
}

// headSize is enough to tell the kinds apart: it covers a bzImage's setup header.
const headSize = 4096

// readHead returns the first bytes of the file, fewer than headSize if it is shorter.
func readHead(r io.ReaderAt, size int64) ([]byte, error) {
	if size < 0 {
		return nil, fmt.Errorf("kernel file of %d bytes", size)
	}
	head := make([]byte, min(size, headSize))
	n, err := r.ReadAt(head, 0)
	if n < len(head) {
		return nil, fmt.Errorf("reading the kernel file's header: %w", err)
	}
	return head, nil
}

var le = binary.LittleEndian
