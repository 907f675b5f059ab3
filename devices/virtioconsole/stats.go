package virtioconsole

// PortStats are a port's counts since it was made, of bytes; they survive resets.
type PortStats struct {
	Sent     uint64 // by the guest, and read on the host
	Received uint64 // by the guest
}

// Stats returns the counts so far. Any goroutine may call it.
func (p *Port) Stats() PortStats { return PortStats{Sent: p.sent.Load(), Received: p.received.Load()} }
