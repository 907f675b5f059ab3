package virtiotest

// A Buffer is one descriptor of a chain.
type Buffer struct {
	GPA   uint64
	Len   uint32
	Write bool // device-writable
}

// Readable is n bytes that the device reads.
func Readable(gpa uint64, n int) Buffer { return Buffer{GPA: gpa, Len: uint32(n)} }

// Writable is n bytes that the device writes.
func Writable(gpa uint64, n int) Buffer { return Buffer{GPA: gpa, Len: uint32(n), Write: true} }

// Used is an element of the used ring.
type Used struct {
	Head uint16
	Len  uint32 // bytes that the device wrote
}

func flagsOf(b Buffer, last bool) (flags uint16) {
	if b.Write {
		flags |= Write
	}
	if !last {
		flags |= Next
	}
	return flags
}

func writableLen(bufs []Buffer) (n uint64) {
	for _, b := range bufs {
		if b.Write {
			n += uint64(b.Len)
		}
	}
	return n
}
