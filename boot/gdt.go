package boot

import "io"

// gdtEntries: null, one for its index's sake, code, data, and the task state segment, which takes two in long mode.
const gdtEntries = 6

// putGDT writes the descriptors that e's segment registers say they were loaded from, because a kernel may reload them
// before it has a table of its own.
func putGDT(mem io.WriterAt, e Entry) error {
	table := make([]byte, gdtEntries*8)
	for _, s := range []Segment{e.CS, e.DS, e.TR} {
		le.PutUint64(table[s.Selector:], s.descriptor())
	}
	return put(mem, gdtAddr, table, "global descriptor table")
}

// descriptor packs a segment as Intel SDM 3A, figure 3-8 draws it. Bases here are below 4 GiB.
func (s Segment) descriptor() uint64 {
	limit := uint64(s.Limit)
	if s.G {
		limit >>= 12
	}
	d := limit&0xffff | limit>>16&0xf<<48
	d |= s.Base&0xffffff<<16 | s.Base>>24&0xff<<56
	d |= uint64(s.Type&0xf)<<40 | uint64(s.DPL&3)<<45
	for bit, on := range map[int]bool{44: s.S, 47: s.Present, 52: s.AVL, 53: s.L, 54: s.DB, 55: s.G} {
		if on {
			d |= 1 << bit
		}
	}
	return d
}
