package acpi

import "encoding/binary"

var le = binary.LittleEndian

// Who made the tables (5.2.6).
const (
	oemID      = "DRYDCK"
	oemTableID = "DRYDOCK "
	creatorID  = "DRYD"
	headerSize = 36
)

// table puts the header of 5.2.6 before body.
func table(signature string, revision byte, body []byte) []byte {
	t := make([]byte, 0, headerSize+len(body))
	t = append(t, signature...)
	t = le.AppendUint32(t, uint32(headerSize+len(body)))
	t = append(t, revision, 0)
	t = append(t, oemID+oemTableID...)
	t = le.AppendUint32(t, 1)
	t = append(t, creatorID...)
	t = le.AppendUint32(t, 1)
	t = append(t, body...)
	t[9] = checksum(t)
	return t
}

// checksum is the byte that makes the sum of b zero, where it is still zero itself.
func checksum(b []byte) (sum byte) {
	for _, c := range b {
		sum -= c
	}
	return sum
}

// rsdp is the root pointer of 5.2.5.3, revision 2. The first checksum covers what ACPI 1.0 knew.
func rsdp(rsdt, xsdt uint64) []byte {
	const v1, size = 20, 36
	t := make([]byte, 0, size)
	t = append(t, "RSD PTR \x00"+oemID+"\x02"...)
	t = le.AppendUint32(t, uint32(rsdt))
	t = le.AppendUint32(t, size)
	t = le.AppendUint64(t, xsdt)
	t = append(t, 0, 0, 0, 0)
	t[8] = checksum(t[:v1])
	t[32] = checksum(t)
	return t
}

// rsdt and xsdt list the other tables (5.2.7, 5.2.8), with addresses of 4 and of 8 bytes.
func rsdt(tables ...uint64) []byte {
	var b []byte
	for _, at := range tables {
		b = le.AppendUint32(b, uint32(at))
	}
	return table("RSDT", 1, b)
}

func xsdt(tables ...uint64) []byte {
	var b []byte
	for _, at := range tables {
		b = le.AppendUint64(b, at)
	}
	return table("XSDT", 1, b)
}

// facs is the firmware control structure (5.2.10): the global lock, and a wake vector that nobody uses.
func facs() []byte {
	const size, version = 64, 2
	t := make([]byte, size)
	copy(t, "FACS")
	le.PutUint32(t[4:], size)
	t[32] = version
	return t
}
