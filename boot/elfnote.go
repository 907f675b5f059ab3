package boot

import (
	"debug/elf"
	"fmt"
	"io"
)

// Notes of the owner "Xen" (xen/include/public/elfnote.h).
const (
	xenGuestOS     = 6
	xenPhys32Entry = 18
)

// notesMax bounds the notes that are read: a kernel has a few hundred bytes of them.
const notesMax = 64 << 10

// notes is what a kernel says about itself.
type notes struct {
	pvh      bool
	pvhEntry uint64
	linux    bool
}

// readNotes looks through all PT_NOTE segments.
func readNotes(r io.ReaderAt, progs []elf.Prog64) (n notes, err error) {
	for _, p := range progs {
		if elf.ProgType(p.Type) != elf.PT_NOTE {
			continue
		}
		b := make([]byte, min(p.Filesz, notesMax))
		// Notes that cannot be read are as good as none: what is needed then is missed with a better error.
		got, err := io.NewSectionReader(r, int64(min(p.Off, 1<<62)), int64(len(b))).ReadAt(b, 0)
		if err != nil && err != io.EOF {
			return n, fmt.Errorf("reading the ELF's notes: %w", err)
		}
		n.scan(b[:got], p.Align)
	}
	return n, nil
}

// scan reads note after note and stops at the first that its segment does not hold.
func (n *notes) scan(b []byte, align uint64) {
	if align != 8 {
		align = 4
	}
	for len(b) >= 12 {
		name, desc, typ := uint64(le.Uint32(b)), uint64(le.Uint32(b[4:])), le.Uint32(b[8:])
		descOff := alignUp(12+name, align)
		if descOff+desc > uint64(len(b)) {
			return
		}
		n.note(string(b[12:12+name]), typ, b[descOff:descOff+desc])
		b = b[min(alignUp(descOff+desc, align), uint64(len(b))):]
	}
}

func (n *notes) note(owner string, typ uint32, desc []byte) {
	switch {
	case owner == "Linux\x00":
		n.linux = true
	case owner != "Xen\x00":
	case typ == xenGuestOS && string(desc) == "linux\x00":
		n.linux = true
	case typ == xenPhys32Entry && len(desc) >= 4:
		n.pvh, n.pvhEntry = true, uint64(le.Uint32(desc)) // 4 or 8 bytes: the CPU enters it with 32
	}
}
