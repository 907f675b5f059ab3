package boot

import (
	"bytes"
	"debug/elf"
	"testing"
)

// loadAny opens and loads whatever it is given, into a machine small enough to notice a write outside of RAM. What is
// written must come from the file and from our own tables, or a file could make the host copy without end.
func loadAny(t *testing.T, file []byte) {
	const ours = 1 << 16
	k, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return
	}
	g := newGuest(mapOf(t, testRAM))
	e, err := k.Load(g, params(g.m, "console=ttyS0", []byte("initrd")))
	if g.written > int64(len(file))*progsMax+ours {
		t.Errorf("%d bytes written from a file of %d", g.written, len(file))
	}
	if err == nil && (e.RIP < kernelMin || !g.m.isRAM(e.RIP, 1)) {
		t.Errorf("entry %#x", e.RIP)
	}
}

func FuzzBzImage(f *testing.F) {
	f.Add(makeBzImage(64, nil))
	f.Add(flatPayload(63))
	f.Add(makeBzImage(64, setup{0x200: 0x10eb}))
	f.Add(makeBzImage(64, setup{0x1f1: 0xff, 0x258: 1<<64 - 1, 0x260: 1<<32 - 1}))
	f.Fuzz(loadAny)
}

func FuzzELF(f *testing.F) {
	f.Add(makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0x100000, text(0x100000, 32), pvhNote(0x100010), linuxNote))
	f.Add(makeELF(elf.ELFCLASS32, elf.EM_386, 0x100000, text(0x100000, 32), pvhNote(0x100010)))
	f.Add(makeELF(elf.ELFCLASS64, elf.EM_X86_64, 0xffffffff80100000, text(0x100000, 8), text(0x200000, 8)))
	f.Fuzz(loadAny)
}
