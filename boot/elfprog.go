package boot

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// progsMax bounds the program headers: kernels have fewer than ten.
const progsMax = 128

// readProgs reads the program headers of either class as those of the larger.
func readProgs(r io.ReaderAt, size int64, h elf.Header64) ([]elf.Prog64, error) {
	entry := binary.Size(elf.Prog64{})
	if elf.Class(h.Ident[elf.EI_CLASS]) == elf.ELFCLASS32 {
		entry = binary.Size(elf.Prog32{})
	}
	if int(h.Phentsize) != entry || h.Phnum == 0 || h.Phnum > progsMax {
		return nil, &FileError{fmt.Sprintf("an ELF with %d program headers of %d bytes", h.Phnum, h.Phentsize),
			fmt.Sprintf("1 to %d of %d bytes", progsMax, entry)}
	}
	length := uint64(h.Phnum) * uint64(entry)
	if h.Phoff > uint64(size) || length > uint64(size)-h.Phoff {
		return nil, truncated("ELF", saturate(h.Phoff, length), size)
	}
	b := make([]byte, length)
	if n, err := r.ReadAt(b, int64(h.Phoff)); n < len(b) {
		return nil, fmt.Errorf("reading the ELF's program headers: %w", err)
	}
	return decodeProgs(b, int(h.Phnum), entry)
}

func decodeProgs(b []byte, n, entry int) ([]elf.Prog64, error) {
	progs := make([]elf.Prog64, n)
	if entry == binary.Size(elf.Prog64{}) {
		_, err := binary.Decode(b, binary.LittleEndian, progs)
		return progs, err
	}
	narrow := make([]elf.Prog32, n)
	_, err := binary.Decode(b, binary.LittleEndian, narrow)
	for i, p := range narrow {
		progs[i] = elf.Prog64{Type: p.Type, Flags: p.Flags, Off: uint64(p.Off), Vaddr: uint64(p.Vaddr), Paddr: uint64(p.Paddr),
			Filesz: uint64(p.Filesz), Memsz: uint64(p.Memsz), Align: uint64(p.Align)}
	}
	return progs, err
}

// A segment is what one PT_LOAD header puts into memory: fileSize bytes from the file, and zeros up to memSize.
type segment struct {
	addr, off, fileSize, memSize uint64
}

func (s segment) end() uint64 { return s.addr + s.memSize }

// loadSegments checks the PT_LOAD headers and puts them in order. That none overlaps bounds what Load can be made to write.
func loadSegments(progs []elf.Prog64, size int64) (segments []segment, err error) {
	for i, p := range progs {
		if elf.ProgType(p.Type) != elf.PT_LOAD || p.Memsz == 0 {
			continue
		}
		if err := checkSegment(i, p, size); err != nil {
			return nil, err
		}
		segments = append(segments, segment{p.Paddr, p.Off, p.Filesz, p.Memsz})
	}
	if len(segments) == 0 {
		return nil, &FileError{"an ELF without a segment to load", "at least one PT_LOAD program header"}
	}
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Compare(a.addr, b.addr) })
	for i, s := range segments[1:] {
		if s.addr < segments[i].end() {
			return nil, &FileError{fmt.Sprintf("an ELF whose segments at %#x and %#x overlap", segments[i].addr, s.addr), "segments apart"}
		}
	}
	return segments, nil
}

func checkSegment(i int, p elf.Prog64, size int64) error {
	switch {
	case p.Filesz > p.Memsz:
		return &FileError{fmt.Sprintf("an ELF whose segment %d has more bytes in the file (%d) than in memory (%d)", i, p.Filesz, p.Memsz), "no more"}
	case p.Off > uint64(size) || p.Filesz > uint64(size)-p.Off:
		return truncated("ELF", saturate(p.Off, p.Filesz), size)
	case p.Memsz > RAM4GBase || p.Paddr > RAM4GBase-p.Memsz:
		return &FileError{fmt.Sprintf("an ELF whose segment %d is for address %#x, %d bytes", i, p.Paddr, p.Memsz),
			"physical addresses below 4 GiB: a kernel, not a program for an operating system"}
	}
	return nil
}

// physical turns an entry that is a virtual address into the physical one. Linux and most others give a physical one.
func physical(progs []elf.Prog64, entry uint64) uint64 {
	for _, p := range progs {
		if elf.ProgType(p.Type) == elf.PT_LOAD && entry >= p.Paddr && entry-p.Paddr < p.Memsz {
			return entry
		}
	}
	for _, p := range progs {
		if elf.ProgType(p.Type) == elf.PT_LOAD && entry >= p.Vaddr && entry-p.Vaddr < p.Memsz {
			return entry - p.Vaddr + p.Paddr
		}
	}
	return entry
}

// saturate adds two numbers of a file for an error text.
func saturate(a, b uint64) int64 {
	if a > math.MaxInt64 || b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return int64(a + b)
}
