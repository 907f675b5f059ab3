// Package virtionet is the virtio network device, chapter 5.1 of virtio 1.4, as QEMU's virtio-net does it: its features,
// its configuration space, and what it does with its queues. Its heart is the receive path (receive.go): a frame goes by
// one readv(2) from the link straight into as many receive buffers as it fills, and the driver sees all of it or none.
//
// It knows virtqueues (package virtio) and links (package net). It never knows the transport, PCI, KVM, or what kind of
// netdev is behind a link.
//
// Where it differs from QEMU 7.2 on purpose:
//   - num_buffers is written wherever the header has it, also without MRG_RXBUF (5.1.9.4.1 asks for 1; QEMU leaves the
//     driver's bytes).
//   - A receive or transmit chain that is shorter than the header never aborts the process.
//   - With MRG_RXBUF, a small frame does not wait until the ring holds room for the largest one; and a frame that does
//     not fit into a ring that is full of buffers is dropped and counted, for it would block the queue for ever.
//   - A frame that the filter refuses waits for no more than one buffer.
//   - Segments of a kind that the driver did not accept are dropped (5.1.9.4.1), though a netdev may hold some from before.
//   - MQ_HASH_CONFIG of a driver that also accepted RSS leaves each frame with the pair of its link (5.1.9.5.7); QEMU takes the field
//     that is reserved there for an indirection table.
//   - A frame whose pair has no queue, or whose ring is empty, holds up its link and no other.
//   - Coalescing (RSC_EXT) looks at checksums, at padding, and at whether a segment is to be segmented; what it makes has DATA_VALID, a
//     gso_size and a right IP checksum, and no segment overtakes another of its flow.
//
// Where it does as QEMU and the specification says otherwise: the hash types of IPv6 with extension headers are reported for packets
// without any, too (hashtype.go).
package virtionet
