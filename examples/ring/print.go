package main

import (
	"encoding/binary"
	"fmt"
	"io"
)

// print shows the three tables side by side, an entry a line.
func (m memory) print(w io.Writer) {
	avail, used := m.get16(availRing+2), m.get16(usedRing+2)
	fmt.Fprintf(w, "    %-28s  available, idx %d   used, idx %d\n", "descriptors", avail, used)
	for i := range size {
		d := m[descTable+16*i:]
		fmt.Fprintf(w, "  %d %#x, %d bytes, %-10s", i, binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint32(d[8:]),
			flags(binary.LittleEndian.Uint16(d[12:])))
		if i < int(avail) {
			fmt.Fprintf(w, "    descriptor %d", m.get16(availRing+4+2*i))
		}
		if i < int(used) {
			id, n := m.used(i)
			fmt.Fprintf(w, "       descriptor %d, %d bytes", id, n)
		}
		fmt.Fprintln(w)
	}
}

func flags(f uint16) string {
	if f == write {
		return "writable"
	}
	return fmt.Sprintf("flags %#x", f)
}
