package virtiorng

// Stats are counts since New; they survive resets.
type Stats struct {
	Requests uint64 // answered, perhaps not wholly
	Bytes    uint64 // given for them
}

// Stats returns the counts so far. Any goroutine may call it.
func (d *Device) Stats() Stats { return Stats{Requests: d.requests.Load(), Bytes: d.bytes.Load()} }
