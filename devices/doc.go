// Package devices says who answers an address: regions and the bus that finds them. It never knows what a device is.
package devices

// A Region answers for a range of addresses. off counts from its start; len(p) is the access size: 1, 2, 4 or 8.
// Accesses cannot fail: hardware has no way to say so; what nobody answers reads as all ones. Calls come from any vCPU
// at any time, so an implementation guards its own state.
type Region interface {
	Read(off uint64, p []byte)
	Write(off uint64, p []byte)
}

// A Bus finds the region of an address. Lookups take no lock (the map is copied on change).
type Bus struct{ unexported struct{} }

// Add gives [base, base+size) to r. It is an error if that overlaps another region; the text names both.
func (b *Bus) Add(base, size uint64, name string, r Region) error { panic("contract") }

// Read and Write report whether a region answers; Read fills p with ones if none does. An access that crosses the end of
// a region is not answered.
func (b *Bus) Read(addr uint64, p []byte) bool  { panic("contract") }
func (b *Bus) Write(addr uint64, p []byte) bool { panic("contract") }
