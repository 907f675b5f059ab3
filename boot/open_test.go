package boot

import (
	"bytes"
	"debug/elf"
	"errors"
	"strings"
	"testing"
)

func TestOpenChoosesTheEntry(t *testing.T) {
	linux64 := makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000), linuxNote)
	for _, tc := range []struct {
		name string
		file []byte
		want Kind
	}{
		{"bzImage", makeBzImage(100, nil), BzImage},
		{"flat payload with a setup header", flatPayload(100), BzImage},
		{"Linux without a PVH note", linux64, Vmlinux},
		{"an ELF that says nothing", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000)), Vmlinux},
		{"an entry that is a virtual address", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0xffffffff80100200, text(0x100000, 0x3000)), Vmlinux},
		{"an ELF with both entries that is not Linux", payloadELF(), PVH},
		{"Linux with both", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000), pvhNote(0x100230), linuxNote), Vmlinux},
		{"Linux with both, by Xen's note", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000),
			prog{typ: elf.PT_NOTE, data: append(note("Xen", xenGuestOS, []byte("linux\x00")), pvhNote(0x100230).data...)}), Vmlinux},
		{"Linux whose own entry is unusable", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0, text(0x100000, 0x3000), pvhNote(0x100230), linuxNote), PVH},
		{"a 32-bit ELF with a PVH note", makeELF(elf.ELFCLASS32, elf.EM_386, 0, text(0x100000, 0x3000), pvhNote(0x100230)), PVH},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := open(t, tc.file).Kind(); got != tc.want {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestWhatIsNoKernelIsNamed(t *testing.T) {
	bz := makeBzImage(5000, nil)
	load := text(0x100000, 0x3000)
	vm := makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, load)
	poke := func(file []byte, at int, with ...byte) []byte {
		file = bytes.Clone(file)
		copy(file[at:], with)
		return file
	}
	arm := make([]byte, 64)
	copy(arm, "MZ")
	copy(arm[56:], "ARM\x64")
	for _, tc := range []struct {
		name string
		file []byte
		text string
	}{
		{"an empty file", nil, "an empty file"},
		{"gzip", []byte("\x1f\x8b\x08"), "gzip data: an initrd"},
		{"zstd", []byte("\x28\xb5\x2f\xfd"), "zstd data"},
		{"cpio", []byte("070701000"), "a cpio archive"},
		{"HTML", []byte("\n<!DOCTYPE html><html>"), "an HTML page"},
		{"a script", []byte("#!/bin/sh\n"), "a script"},
		{"text", []byte("404: not found, die Datei läßt sich nicht finden\n"), "found text"},
		{"zeros", make([]byte, 4096), "found zeros"},
		{"noise", []byte{0xde, 0xad, 0xbe, 0xef, 0xff}, "no known kind"},
		{"an ARM64 Image", arm, "Linux kernel for ARM64"},
		{"an EFI program", []byte("MZ\x90\x00"), "an EFI or Windows program"},
		{"a boot sector", append(make([]byte, 510), 0x55, 0xaa), "a boot sector"},
		{"a bzImage cut in the kernel", bz[:len(bz)-100], "truncated bzImage: its header says 7056 bytes, the file has 6948"},
		{"a bzImage cut in the header", bz[:0x230], "truncated bzImage: its header says 620 bytes, the file has 560"},
		{"a bzImage without a kernel", makeBzImage(100, setup{0x1f4: 0}), "syssize of 0"},
		{"an old bzImage", makeBzImage(100, setup{0x206: 0x20b}), "boot protocol 2.11; expected a 64-bit bzImage"},
		{"a 32-bit bzImage", makeBzImage(100, setup{0x236: 0}), "a 32-bit bzImage"},
		{"a zImage", makeBzImage(100, setup{0x211: 0}), "a zImage"},
		{"a bzImage with another boot flag", makeBzImage(100, setup{0x1fe: 0}), "boot_flag 0x0"},
		{"a bzImage aligned to no power of two", makeBzImage(100, setup{0x230: 3}), "kernel_alignment 0x3"},
		{"an ELF for ARM64", makeELF(elf.ELFCLASS64, elf.EM_AARCH64, 0, load), "ELF for ARM64; expected an ELF kernel for x86-64"},
		{"an ELF for a machine without a household name", makeELF(elf.ELFCLASS64, elf.EM_S390, 0, load), "EM_S390"},
		{"a big-endian ELF", poke(vm, elf.EI_DATA, byte(elf.ELFDATA2MSB)), "big-endian"},
		{"an ELF of no class", poke(vm, elf.EI_CLASS, 9), "class 9"},
		{"an object file", poke(vm, 16, byte(elf.ET_REL)), "an object file, a module"},
		{"an ELF cut in its identity", vm[:20], "truncated ELF: its header says 24 bytes, the file has 20"},
		{"an ELF cut in its header", vm[:60], "truncated ELF: its header says 64 bytes, the file has 60"},
		{"an ELF cut in its program headers", vm[:100], "truncated ELF: its header says 120 bytes, the file has 100"},
		{"an ELF cut in a segment", vm[:len(vm)-1], "truncated ELF"},
		{"an ELF without program headers", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0), "0 program headers"},
		{"an ELF with headers of another size", poke(vm, 54, 57), "1 program headers of 57 bytes"},
		{"an ELF with headers beyond any file", poke(vm, 32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "truncated ELF"},
		{"an ELF with nothing to load", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0, linuxNote), "without a segment to load"},
		{"an ELF with its entry elsewhere", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x42, load), "entry 0x42 is in none of its segments"},
		{"an ELF with its entry in the bss", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x103001, load), "entry 0x103001 is in none"},
		{"a 32-bit ELF", makeELF(elf.ELFCLASS32, elf.EM_386, 0x100000, load), "a 32-bit ELF without a PVH note"},
		{"an ELF with overlapping segments", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, load, text(0x101000, 16)), "overlap"},
		{"a program for an operating system", makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0, text(1<<40, 16)), "a kernel, not a program"},
		{"a segment with more in the file than in memory", poke(vm, 64+40, 1, 0, 0), "more bytes in the file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Open(bytes.NewReader(tc.file), int64(len(tc.file)))
			var fe *FileError
			if !errors.As(err, &fe) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want a *FileError with %q", err, tc.text)
			}
		})
	}
}

func TestAnEntryThatTheFileDoesNotHaveCannotBeChosen(t *testing.T) {
	for kind, file := range map[Kind][]byte{
		PVH:     makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000)),
		Vmlinux: makeBzImage(100, nil),
		BzImage: payloadELF(),
	} {
		_, err := OpenAs(kind, bytes.NewReader(file), int64(len(file)))
		if err == nil || !strings.Contains(err.Error(), "expected one that starts as "+kind.String()) {
			t.Errorf("%v: error %v", kind, err)
		}
	}
}

func TestADamagedNoteIsAsGoodAsNone(t *testing.T) {
	good := pvhNote(0x100230).data
	for name, data := range map[string][]byte{
		"cut in its header":      good[:11],
		"cut in its description": good[:len(good)-5],
		"longer than any file":   append(le.AppendUint32(nil, 0xffffffff), good[4:]...),
		"of another owner":       note("Xem", xenPhys32Entry, make([]byte, 8)),
		"with a short entry":     note("Xen", xenPhys32Entry, []byte{0x30, 2}),
		"with an entry nowhere":  note("Xen", xenPhys32Entry, make([]byte, 4)),
	} {
		file := makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100200, text(0x100000, 0x3000), prog{typ: elf.PT_NOTE, data: data})
		if got := open(t, file).Kind(); got != Vmlinux {
			t.Errorf("a note %s: %v", name, got)
		}
	}
}

func TestAnEntryNoteIsFoundBehindOthers(t *testing.T) {
	for _, align := range []uint64{4, 8} {
		var n notes
		b := note("GNU", 3, []byte("12345")) // ends at 4 bytes; one aligned to 8 has more padding
		b = append(b, make([]byte, -len(b)&int(align-1))...)
		n.scan(append(b, note("Xen", xenPhys32Entry, []byte{1, 2, 3, 0})...), align)
		if !n.pvh || n.pvhEntry != 0x30201 {
			t.Errorf("align %d: %+v", align, n)
		}
	}
}
