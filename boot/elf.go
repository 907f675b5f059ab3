package boot

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
)

// An elfKernel is an ELF whose segments lie where their physical addresses say.
type elfKernel struct {
	r        io.ReaderAt
	kind     Kind
	segments []segment // ascending, none overlaps
	entry    uint64    // physical
	class    elf.Class
	notes    notes
}

func isELF(head []byte) bool { return bytes.HasPrefix(head, []byte(elf.ELFMAG)) }

func openELF(r io.ReaderAt, size int64) (Kernel, error) {
	h, err := readELFHeader(r, size)
	if err != nil {
		return nil, err
	}
	progs, err := readProgs(r, size, h)
	if err != nil {
		return nil, err
	}
	k := &elfKernel{r: r, class: elf.Class(h.Ident[elf.EI_CLASS])}
	if k.segments, err = loadSegments(progs, size); err != nil {
		return nil, err
	}
	if k.notes, err = readNotes(r, progs); err != nil {
		return nil, err
	}
	k.entry = physical(progs, h.Entry)
	return k.choose()
}

// choose picks the entry that Open documents.
func (k *elfKernel) choose() (Kernel, error) {
	k.kind = Vmlinux
	if k.offers(PVH) && (!k.notes.linux || !k.offers(Vmlinux)) {
		k.kind = PVH
	}
	if !k.offers(k.kind) {
		return nil, k.noEntry()
	}
	return k, nil
}

// offers reports whether the file can be started that way.
func (k *elfKernel) offers(kind Kind) bool {
	switch kind {
	case PVH:
		return k.notes.pvh && k.holds(k.notes.pvhEntry)
	case Vmlinux:
		return k.class == elf.ELFCLASS64 && k.holds(k.entry)
	}
	return false
}

func (k *elfKernel) noEntry() error {
	if k.class == elf.ELFCLASS32 && !k.notes.pvh {
		return &FileError{"a 32-bit ELF without a PVH note", "an ELF for x86-64, or one with a PVH note"}
	}
	return &FileError{fmt.Sprintf("an ELF whose entry %#x is in none of its segments", k.entry), "an entry in a loaded segment"}
}

// holds reports whether a byte of the file lies at addr.
func (k *elfKernel) holds(addr uint64) bool {
	for _, s := range k.segments {
		if addr >= s.addr && addr-s.addr < s.fileSize {
			return true
		}
	}
	return false
}

// readELFHeader reads the header of either class into the larger one's type, and refuses what no x86 kernel has.
func readELFHeader(r io.ReaderAt, size int64) (h elf.Header64, err error) {
	b := make([]byte, min(size, int64(binary.Size(h))))
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		return h, fmt.Errorf("reading the ELF header: %w", err)
	}
	// The classes agree up to the entry's address, and that is as much as it takes to say what the file is.
	const common = elf.EI_NIDENT + 8
	if len(b) < common {
		return h, truncated("ELF", common, size)
	}
	copy(h.Ident[:], b)
	if err := checkELFIdent(h.Ident, elf.Type(le.Uint16(b[16:])), elf.Machine(le.Uint16(b[18:]))); err != nil {
		return h, err
	}
	if elf.Class(h.Ident[elf.EI_CLASS]) == elf.ELFCLASS32 {
		var h32 elf.Header32
		if err := decode(b, &h32, size); err != nil {
			return h, err
		}
		return widenHeader(h32), nil
	}
	return h, decode(b, &h, size)
}

func checkELFIdent(ident [elf.EI_NIDENT]byte, typ elf.Type, machine elf.Machine) error {
	class, data := elf.Class(ident[elf.EI_CLASS]), elf.Data(ident[elf.EI_DATA])
	want := "an ELF kernel for x86-64"
	switch {
	case class != elf.ELFCLASS32 && class != elf.ELFCLASS64:
		return &FileError{fmt.Sprintf("an ELF of class %d", class), want}
	case data != elf.ELFDATA2LSB:
		return &FileError{"a big-endian ELF", want}
	case machine != elf.EM_X86_64 && machine != elf.EM_386:
		return &FileError{"an ELF for " + machineName(machine), want}
	case typ != elf.ET_EXEC && typ != elf.ET_DYN:
		return &FileError{fmt.Sprintf("an ELF of type %v (an object file, a module or a core dump)", typ), want}
	}
	return nil
}

// machineName says the names that people use for what they have most.
func machineName(m elf.Machine) string {
	switch m {
	case elf.EM_AARCH64:
		return "ARM64"
	case elf.EM_ARM:
		return "32-bit ARM"
	case elf.EM_RISCV:
		return "RISC-V"
	}
	return m.String()
}

func widenHeader(h elf.Header32) elf.Header64 {
	return elf.Header64{Ident: h.Ident, Type: h.Type, Machine: h.Machine, Entry: uint64(h.Entry), Phoff: uint64(h.Phoff),
		Phentsize: h.Phentsize, Phnum: h.Phnum}
}

// decode reads one structure from the start of b; size is the file's, for the error.
func decode(b []byte, v any, size int64) error {
	if len(b) < binary.Size(v) {
		return truncated("ELF", int64(binary.Size(v)), size)
	}
	_, err := binary.Decode(b, binary.LittleEndian, v)
	return err
}
