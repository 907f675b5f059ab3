package virtiotest

// A table is an indirect descriptor table in RAM. Memory is never given back, so tables are kept for the next time.
type table struct {
	gpa uint64
	mem []byte
}

// table returns one with the given content.
func (r *Ring) table(content []byte) (tab table) {
	if last := len(r.tables) - 1; last >= 0 {
		tab, r.tables = r.tables[last], r.tables[:last]
	}
	if n := len(content); len(tab.mem) < n {
		tab.gpa = r.ram.Alloc(n, 16)
		tab.mem = r.ram.Bytes(tab.gpa, n)
	}
	copy(tab.mem, content)
	return tab
}
