package devices

// A Region answers for a range of addresses. off counts from its start; len(p) is the access size: 1, 2, 4 or 8, little
// endian. Accesses cannot fail: hardware has no way to say so; what nobody answers reads as all ones. Calls come from any
// vCPU at any time, so an implementation guards its own state.
type Region interface {
	Read(off uint64, p []byte)
	Write(off uint64, p []byte)
}

// Ones fills p as a bus does that nobody drives.
func Ones(p []byte) {
	for i := range p {
		p[i] = 0xff
	}
}
