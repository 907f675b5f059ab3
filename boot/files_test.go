package boot

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// setup is a setup header by its fields' offsets, as a boot loader reads it.
type setup map[int]uint64

// width is the size of each field that the tests set.
var width = map[int]int{0x1f1: 1, 0x1f4: 4, 0x1fe: 2, 0x200: 2, 0x202: 4, 0x206: 2, 0x211: 1, 0x214: 4, 0x22c: 4, 0x230: 4, 0x234: 1,
	0x236: 2, 0x238: 4, 0x250: 8, 0x258: 8, 0x260: 4}

// makeBzImage is a bzImage whose kernel is payload bytes long. Fields override those of a relocatable 64-bit kernel.
func makeBzImage(payload int, fields setup) []byte {
	const sects = 3
	b := make([]byte, (sects+1)*sector+payload)
	kernel := b[(sects+1)*sector:]
	for i := range kernel {
		kernel[i] = byte(i>>8) ^ byte(i)
	}
	all := setup{0x1f1: sects, 0x1f4: uint64(payload+15) / 16, 0x1fe: 0xaa55, 0x200: 0x6aeb, 0x202: 0x53726448, 0x206: 0x20f, 0x211: 1,
		0x214: 0x100000, 0x22c: 0x7fffffff, 0x230: 0x200000, 0x234: 1, 0x236: 1, 0x238: 2047, 0x258: 0x1000000, 0x260: 0x1800000}
	for off, v := range fields {
		all[off] = v
	}
	for off, v := range all {
		var field [8]byte
		le.PutUint64(field[:], v)
		copy(b[off:], field[:width[off]])
	}
	return b
}

// flatPayload has the header of a bare-metal test program in bzImage's clothes: one sector of setup code, a fixed
// address, no preferred one, and a last paragraph that is short.
func flatPayload(size int) []byte {
	b := makeBzImage(size+2*sector, setup{0x1f1: 1, 0x1f4: uint64(size+15) / 16, 0x230: 0x1000, 0x234: 0, 0x238: 511, 0x258: 0, 0x260: 0x1000000})
	return b[:2*sector+size]
}

// prog is a program header with its content.
type prog struct {
	typ          elf.ProgType
	paddr, vaddr uint64
	data         []byte
	memsz        uint64
}

// makeELF is an executable of the given class and machine.
func makeELF(class elf.Class, machine elf.Machine, entry uint64, progs ...prog) []byte {
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	h := elf.Header64{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: entry, Phoff: 64,
		Ehsize: 64, Phentsize: 56, Phnum: uint16(len(progs))}
	h32 := elf.Header32{Ident: ident, Type: h.Type, Machine: h.Machine, Version: 1, Entry: uint32(entry), Phoff: 64,
		Ehsize: 52, Phentsize: 32, Phnum: h.Phnum}
	var head, body bytes.Buffer
	var header any = h
	if class == elf.ELFCLASS32 {
		header = h32
	}
	write(&head, header)
	head.Write(make([]byte, 64-head.Len()))
	start := 64 + len(progs)*56
	for _, p := range progs {
		off := uint64(start + body.Len())
		size, mem := uint64(len(p.data)), max(p.memsz, uint64(len(p.data)))
		if class == elf.ELFCLASS32 {
			write(&head, elf.Prog32{Type: uint32(p.typ), Off: uint32(off), Vaddr: uint32(p.vaddr), Paddr: uint32(p.paddr), Filesz: uint32(size), Memsz: uint32(mem), Align: 4})
		} else {
			write(&head, elf.Prog64{Type: uint32(p.typ), Off: off, Vaddr: p.vaddr, Paddr: p.paddr, Filesz: size, Memsz: mem, Align: 4})
		}
		body.Write(p.data)
	}
	head.Write(make([]byte, start-head.Len()))
	return append(head.Bytes(), body.Bytes()...)
}

func write(b *bytes.Buffer, v any) {
	if err := binary.Write(b, binary.LittleEndian, v); err != nil {
		panic(err) // a structure without a fixed size is a mistake in the test
	}
}

// note is one ELF note, padded to four bytes.
func note(owner string, typ uint32, desc []byte) []byte {
	b := le.AppendUint32(nil, uint32(len(owner)+1))
	b = le.AppendUint32(b, uint32(len(desc)))
	b = le.AppendUint32(b, typ)
	b = append(append(b, owner...), make([]byte, 4-len(owner)%4)...)
	b = append(b, desc...)
	return append(b, make([]byte, -len(desc)&3)...)
}

func pvhNote(entry uint64) prog {
	return prog{typ: elf.PT_NOTE, data: note("Xen", xenPhys32Entry, le.AppendUint64(nil, entry))}
}

var linuxNote = prog{typ: elf.PT_NOTE, data: note("Linux", 0x100, []byte("salt"))}

// text is a loaded segment whose virtual addresses are those of a kernel.
func text(paddr uint64, size int) prog {
	return prog{elf.PT_LOAD, paddr, 0xffffffff80000000 + paddr, bytes.Repeat([]byte{0x90}, size), uint64(size) + 0x2000}
}

// payloadELF is like a bare-metal test program: 64-bit entry at 0x100200 and a PVH note for another.
func payloadELF() []byte {
	return makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000), pvhNote(0x100230))
}
