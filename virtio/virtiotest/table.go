package virtiotest

// A table is an indirect descriptor table in RAM.
type table struct {
	gpa uint64
	mem []byte
}

// table returns one of n entries for a head; memory is never given back, so it is kept for the next time.
func (r *Ring) table(head uint16, n int) table {
	tab := r.spare[head]
	if len(tab.mem) < 16*n {
		tab.gpa = r.ram.Alloc(16*n, 16)
		tab.mem = r.ram.Bytes(tab.gpa, 16*n)
		r.spare[head] = tab
	}
	return tab
}

func (t table) fill(bufs []Buffer) {
	for i, b := range bufs {
		copy(t.mem[16*i:], encode(b.GPA, b.Len, flagsOf(b, i == len(bufs)-1), uint16(i+1)))
	}
}
