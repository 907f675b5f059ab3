package acpi

// Resource descriptors (6.4), as bytes for a _CRS buffer.

// resources is the buffer of a _CRS, with its end tag. The checksum 0 means that there is none.
func resources(descriptors ...[]byte) aml {
	var b []byte
	for _, d := range descriptors {
		b = append(b, d...)
	}
	return buffer(append(b, 0x79, 0))
}

// ports is an I/O port descriptor: size ports from base, decoded with 16 bits (6.4.2.5).
func ports(base uint16, size byte) []byte {
	const decode16, align = 1, 1
	return []byte{0x47, decode16, byte(base), byte(base >> 8), byte(base), byte(base >> 8), align, size}
}

// irq is an ISA interrupt, edge triggered and active high (6.4.2.1).
func irq(n uint8) []byte { return le.AppendUint16([]byte{0x22}, 1<<n) }

// Resource types and flags of address space descriptors (6.4.3.5). All windows are of fixed place and are passed on.
const (
	rangeMemory = 0
	rangeIO     = 1
	rangeBus    = 2

	fixedProducer   = 0x0c // minimum and maximum are fixed, positive decode
	entireRange     = 0x03 // ISA and other I/O alike
	memoryReadWrite = 0x01 // not cacheable
)

// busNumbers and ioWindow are word descriptors; memoryWindow takes the smallest that holds its addresses.
func busNumbers(first, last uint16) []byte {
	return wordSpace(rangeBus, 0, Window{uint64(first), uint64(last-first) + 1})
}

func ioWindow(w Window) []byte { return wordSpace(rangeIO, entireRange, w) }

func wordSpace(kind, flags byte, w Window) []byte {
	b := []byte{0x88, 13, 0, kind, fixedProducer, flags}
	for _, v := range []uint64{0, w.Base, w.last(), 0, w.Size} { // granularity, minimum, maximum, offset, length
		b = le.AppendUint16(b, uint16(v))
	}
	return b
}

func memoryWindow(w Window) []byte {
	fields := []uint64{0, w.Base, w.last(), 0, w.Size}
	if w.last() <= 0xffffffff {
		b := []byte{0x87, 23, 0, rangeMemory, fixedProducer, memoryReadWrite}
		for _, v := range fields {
			b = le.AppendUint32(b, uint32(v))
		}
		return b
	}
	b := []byte{0x8a, 43, 0, rangeMemory, fixedProducer, memoryReadWrite}
	for _, v := range fields {
		b = le.AppendUint64(b, v)
	}
	return b
}
