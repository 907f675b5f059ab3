package net

// A Netdev is the host's side of a NIC, as -netdev makes it.
//
// One goroutine at a time calls its methods; they may run beside Receive and Send of the links, except SetHeader (frames that
// are on their way have the old header) and Close. An error that is io.EOF (errors.Is) says, as a link's does, that the other end is
// gone for good: the netdev goes on in name only.
type Netdev interface {
	// Links are its queue pairs, at least one. They live as long as the netdev.
	Links() []Link
	// Offloads says what this netdev can carry; 0 if it knows no virtio_net_hdr (then only SetHeader(0) works).
	Offloads() Offload
	// SetHeader sets how many bytes of virtio_net_hdr precede each frame, both ways: 0, or 10, 12, 20 or 24 if it has headers.
	// The bytes are little-endian.
	SetHeader(n int) error
	// SetOffload says what the guest accepts in frames that Receive gives: what it does not, the netdev resolves itself.
	SetOffload(o Offload) error
	// SetQueues attaches the first n links and detaches the others: no frame arrives on those. Whether
	// they still send is the kind's affair: a tap's do.
	SetQueues(n int) error
	// Close ends the netdev; a blocked poll on its links ends with an error or POLLHUP. A tap cannot promise that (the kernel
	// keeps a polled file open), so the owner first ends who uses the links.
	Close() error
}
