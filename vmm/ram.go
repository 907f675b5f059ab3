package vmm

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/drydock-vmm/drydock/boot"
	"golang.org/x/sys/unix"
)

// RAM is the guest's memory: one mapping of the host, seen by the guest in two parts (below 3 GiB, and from 4 GiB on). It
// implements virtio.Memory. Any goroutine may use it; the guest changes it at any time.
type RAM struct {
	mapping []byte
	host    []byte // the guest's part of it
	low     uint64 // bytes below 4 GiB
}

// hugePage is what the mapping begins at a multiple of: KVM maps a huge page of the host as one of the guest's only where both
// addresses are such multiples.
const hugePage = 2 << 20

// NewRAM maps size bytes. The host gives a page when it is first touched.
func NewRAM(size uint64) (*RAM, error) {
	if size < 1<<20 || size%4096 != 0 {
		return nil, fmt.Errorf("vmm: %d bytes of RAM: give a multiple of 4 KiB of at least 1 MiB", size)
	}
	mapping, err := unix.Mmap(-1, 0, int(size)+hugePage, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("vmm: mapping %d MiB of guest RAM: %w; give the guest less with -m", size>>20, err)
	}
	skip := -uintptr(unsafe.Pointer(&mapping[0])) % hugePage
	host := mapping[skip:][:size:size]
	// Fewer page faults and TLB misses where the host has huge pages; a host without them says EINVAL, which costs nothing.
	_ = unix.Madvise(host, unix.MADV_HUGEPAGE)
	return &RAM{mapping: mapping, host: host, low: min(size, boot.PCIBase)}, nil
}

// Close unmaps the memory. Nobody may hold a slice of it any more.
func (r *RAM) Close() error { return unix.Munmap(r.mapping) }

// Size is the guest's memory in bytes.
func (r *RAM) Size() uint64 { return uint64(len(r.host)) }

var errNotRAM = errors.New("vmm: guest address is not RAM")

// Slice returns the n bytes at the guest-physical address gpa; see virtio.Memory.
func (r *RAM) Slice(gpa, n uint64) ([]byte, error) {
	part, off := r.host[:r.low], gpa
	if gpa >= boot.RAM4GBase {
		part, off = r.host[r.low:], gpa-boot.RAM4GBase
	}
	if off > uint64(len(part)) || n > uint64(len(part))-off {
		return nil, errNotRAM
	}
	return part[off : off+n : off+n], nil
}

// from returns all RAM from gpa to the next hole; nothing if gpa lies in one.
func (r *RAM) from(gpa uint64) []byte {
	for _, b := range r.banks() {
		if off := gpa - b.gpa; gpa >= b.gpa && off < uint64(len(b.host)) {
			return b.host[off:]
		}
	}
	return nil
}

// WriteAt stores p at a guest-physical address, for the loaders.
func (r *RAM) WriteAt(p []byte, gpa int64) (int, error) {
	b, err := r.Slice(uint64(gpa), uint64(len(p)))
	if err != nil {
		return 0, fmt.Errorf("%w: %#x, %d bytes; the guest has %d MiB", err, gpa, len(p), r.Size()>>20)
	}
	return copy(b, p), nil
}

// ReadAt is the inverse of WriteAt.
func (r *RAM) ReadAt(p []byte, gpa int64) (int, error) {
	b, err := r.Slice(uint64(gpa), uint64(len(p)))
	if err != nil {
		return 0, io.EOF
	}
	return copy(p, b), nil
}

// A bank is one part of RAM as KVM's memory slots want it.
type bank struct {
	gpa  uint64
	host []byte
}

func (r *RAM) banks() []bank {
	banks := []bank{{0, r.host[:r.low]}}
	if high := r.host[r.low:]; len(high) > 0 {
		banks = append(banks, bank{boot.RAM4GBase, high})
	}
	return banks
}
