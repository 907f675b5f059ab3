package conformance

// Structure types of 4.1.4.
const (
	commonStructure = 1
	notifyStructure = 2
	isrStructure    = 3
	deviceStructure = 4
	windowStructure = 5
)

// A structure is a virtio capability and what it points to.
type structure struct {
	m      *machine
	at     int // in configuration space
	capLen int
	bar    int
	offset uint64
	length uint64
}

// structures finds the virtio capabilities of a type, in the order of the list.
func (m *machine) structures(kind uint64) (out []structure) {
	m.Helper()
	for _, at := range m.capabilities() {
		if m.config(at, 1) == capabilityVendor && m.config(at+3, 1) == kind {
			out = append(out, structure{m: m, at: at, capLen: int(m.config(at+2, 1)), bar: int(m.config(at+4, 1)),
				offset: m.config(at+8, 4), length: m.config(at+12, 4)})
		}
	}
	return out
}

// structure finds the first of a type.
func (m *machine) structure(kind uint64) structure {
	m.Helper()
	all := m.structures(kind)
	if len(all) == 0 {
		m.Fatalf("no virtio structure of type %d", kind)
	}
	return all[0]
}

func (s structure) load(off uint64, size int) uint64 {
	s.m.Helper()
	b := s.m.bars[s.bar]
	return s.m.load(b.in, b.addr+s.offset+off, size)
}

func (s structure) store(off uint64, size int, v uint64) {
	s.m.Helper()
	b := s.m.bars[s.bar]
	s.m.store(b.in, b.addr+s.offset+off, size, v)
}
