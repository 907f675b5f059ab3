// Package capture writes the frames of a netdev into a pcapng file, as QEMU's -object filter-dump. It is a decorator of
// net.Netdev and knows nothing of which netdev it is; without it the netdev's links are used as they are, so that a capture
// that is not wanted costs nothing.
//
// Directions are the guest's: what it receives is inbound. Frames are as on the wire: the virtio_net_hdr is cut off, and what
// it says, for those that the guest's driver or the host left unfinished, stands in the packet's comment.
package capture
