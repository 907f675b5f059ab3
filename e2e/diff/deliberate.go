package main

// A deliberate difference is one that we want: what differs, when, and why. There is no other place for one.
type deliberate struct {
	what string
	why  string

	// explains recognises it in two answers to a step. Nil: scripts leave the case out, and a step where it would have come has
	// this note.
	explains func(s step, qemu, drydock string) bool
	note     string

	// may, where the note of a step has a word, says of each byte of a buffer whether it may differ. Several entries may hold for
	// one buffer.
	may   func(at int, qemu, drydock byte) bool
	where string
}

// differences are all of them.
var differences = []*deliberate{
	{
		what: "num_buffers is 1 without MRG_RXBUF",
		why: "The header of a driver that accepted VERSION_1 has the field, and it must be 1 (5.1.6.4.1). QEMU 7.2 leaves in it what was in " +
			"the driver's buffer; a driver cannot count on that.",
		where: "no-merge",
		may:   func(at int, _, d byte) bool { return at == 10 && d == 1 || at == 11 && d == 0 },
	},
	{
		what:  "the flags of a header are 0 without GUEST_CSUM",
		why:   "They must be (5.1.6.4.1). QEMU passes the DATA_VALID on that a tap sets for everybody.",
		where: "no-guest-csum",
		may:   func(at int, q, d byte) bool { return at == 0 && q == flagDataValid && d == 0 },
	},
	{
		what: "a frame that is filtered or too long has been in a buffer that it does not get",
		why: "Drydock has the host write each frame straight into the oldest buffers and decides then; what is not used belongs to the device, " +
			"and nothing of it is announced. QEMU copies after its filter.",
		where: "buffer",
		may:   func(_ int, q, _ byte) bool { return q == untouched },
	},
	{
		what: "no frame comes to a tap before the card has sent one",
		why: "QEMU tells a tap of offloads when the driver writes its features; Drydock does it when a session begins, of which DRIVER_OK does not wait for " +
			"the end. What comes in between has whole checksums and no segments, as for any driver.",
		note: "no-early-frame",
	},
	{
		what: "the features of a card with several queue pairs do not change while its driver is ready",
		why: "Without FEATURES_OK, which a legacy driver does not set, QEMU takes new features at any time, makes queues or deletes them under the running " +
			"device (virtio_net_change_num_queues), and crashes when it is stopped.",
		note: "no-late-features",
	},
	{
		what: "keys of hashes are whole, or none",
		why:  "Of a shorter one QEMU takes what there is, and the rest from the key before, that of another driver even. In Drydock the rest is 0.",
		note: "no-short-key",
	},
	{
		what: "only pairs that are in use send",
		why:  "QEMU sends from the others too, to a queue of the tap that is not attached as well. Drydock drops and counts that (DropUnserved).",
		note: "no-unused-pair",
	},
	{
		what: "RSC_EXT without having been accepted is switched on with no segments of TCP only",
		why:  "QEMU takes that for having been accepted (virtio_net_handle_offloads) and coalesces. Drydock answers OK, and does nothing.",
		note: "no-unaccepted-rsc",
	},
	{
		what: "a driver with RSC_EXT does not switch on offloads that it did not accept",
		why:  "QEMU refuses that, but has taken RSC_EXT as the command says before it looks. In Drydock a command that failed has changed nothing.",
		note: "no-wrong-offloads",
	},
	{
		what: "what RSC_EXT makes of segments has a DATA_VALID flag, lengths, and a right IP checksum",
		why: "A driver that forwards such a frame needs gso_size (5.1.6.4.1), and one that looks at the checksum of IP finds the first segment's in what " +
			"QEMU makes.",
		where: "coalesced",
		may: func(at int, q, d byte) bool {
			const ipChecksum = 12 + 14 + 10
			return at == 0 && q == 4 && d == 4|flagDataValid || at >= 2 && at < 6 && q == 0 || at == ipChecksum || at == ipChecksum+1
		},
	},
	{
		what: "segments that RSC_EXT may hold back acknowledge nothing old, and repeat nothing with another window",
		why: "QEMU takes an old acknowledgment over a new one, and a repeated segment for an update of the window, with what it carries gone. Drydock leaves " +
			"both by themselves.",
		note: "no-old-segment",
	},
	{
		what: "a driver that configured hashes turns them off before a reset",
		why: "A reset forgets a configuration (2.1.2); QEMU's virtio_net_reset leaves it, so that the next driver's frames are hashed and steered by the " +
			"tables of the last one.",
		note: "no-stale-hashes",
	},
	{
		what: "a legacy driver without MRG_RXBUF does not come straight after one that accepted HASH_REPORT",
		why: "QEMU 7.2 goes on filling in hashes, of which only a driver with VERSION_1 relieves it (virtio_net_set_mrg_rx_bufs). What it copies behind the " +
			"header of 10 bytes is 10 minus 12 bytes long: to the buffer's end, of whatever its memory has there, frames from before among it.",
		note: "no-stale-reports",
	},
	{
		what: "NOTIFY_ON_EMPTY and RING_EVENT_IDX together are not accepted",
		why: "QEMU does not count an interrupt for an empty queue as one from which RING_EVENT_IDX counts on; Drydock does (2.7.7.2), so that QEMU " +
			"interrupts once more than the driver asked for. How often that happens hangs on how many buffers are used at a time.",
		note: "no-notify-on-empty",
	},
	{
		what: "no frame comes that is longer than a negotiated MTU",
		why:  "Drydock drops it, as it must (5.1.4.1); QEMU 7.2 delivers it.",
		note: "no-oversize",
	},
	{
		what: "no frame comes that is shorter than an Ethernet header with a VLAN tag",
		why:  "QEMU's filter looks at the tag's place all the same, where the frame before has left its bytes. Drydock takes what is not there for no tag.",
		note: "no-runt",
	},
	{
		what: "a driver that accepted NOTIFY_ON_EMPTY does not ask for quiet",
		why:  "Whether its queue was empty for a moment hangs on who was faster, the frame or the buffer, with either machine.",
		note: "no-quiet",
	},
	{
		what: "a disk, a console, an entropy source or a balloon gets no rings in traffic of registers",
		why: "QEMU's look at their queues though the machine is stopped, when its main loop comes to it: a console interrupts though it has used nothing " +
			"(discard_vq_data), and a queue whose size grew after queue_enable breaks the device (its mapping did not) or aborts QEMU. Drydock interrupts for what it " +
			"has used, and serves the queue in its new size.",
		note: "no-served-ring",
	},
	{
		what: "each queue on which a guest sends to a serial device begins with a buffer",
		why: "QEMU looks at all queues when the driver is ready, and interrupts though it has used nothing; that counts as the first signal, from which " +
			"RING_EVENT_IDX counts on. Drydock interrupts for what it has used.",
		note: "no-silent-queue",
	},
	{
		what: "receive buffers of a packed ring without MRG_RXBUF are one descriptor",
		why: "QEMU 7.2 gives back a buffer that a frame does not fit as if it were one descriptor (virtqueue_unpop), and receives nothing more after a longer " +
			"one. Drydock goes on.",
		note: "no-unpop",
	},
	{
		what: "no extra interrupt when a packed ring with RING_EVENT_IDX wraps",
		why: "QEMU 7.2 compares the driver's event with used indexes on both sides of the wrap as if there were none (vring_packed_need_event), and " +
			"interrupts a driver that asked for none. Drydock does not (2.8.10).",
		explains: func(s step, qemu, drydock string) bool {
			return s.noted("packed-event") && (s.noted("isr") && number(qemu)&^number(drydock) == 1 && number(drydock)&^number(qemu) == 0 ||
				s.noted("message") && unlike(qemu, drydock, func(_ int, _, d byte) bool { return d == 0 }))
		},
	},
	{
		what: "a first receive buffer shorter than the header, or a transmit buffer shorter than it, is not posted",
		why:  "QEMU 7.2 aborts (an assertion in iov_copy and iov_from_buf). Drydock drops the frame, or breaks the device until it is reset.",
		note: "no-short-header",
	},
	{
		what: "an available index that is ahead by more than the queue is not written",
		why: "QEMU 7.2 serves a transmit or control queue that many times around, with whatever its entries say. Drydock sets DEVICE_NEEDS_RESET, as QEMU " +
			"does on a receive queue.",
		note: "no-index-ahead",
	},
	{
		what: "a receive queue gets no chain that no driver may offer",
		why: "QEMU looks at receive buffers when a frame comes, and that frame is gone; Drydock at the kick, and the frame waits in the netdev for the next " +
			"driver. Both break the device.",
		note: "no-receive-mistake",
	},
	{
		what: "no frame comes that is longer than all buffers of a full ring together, with MRG_RXBUF",
		why: "QEMU waits for more buffers, and a driver whose ring is full has none to give: nothing is received any more. Drydock drops that frame and " +
			"counts it (DropRingTooSmall); the next one that fits is received.",
		note: "no-ring-too-small",
	},
	{
		what: "no SCSI command comes whose errors have less than four bytes of room",
		why: "QEMU writes the four bytes of errors to where the segment before the status begins, also over the end of one that is shorter, into memory that " +
			"the driver did not offer. Drydock writes as many of them as fit.",
		note: "no-scsi",
	},
	{
		what: "the machine is not stopped while a frame waits for buffers",
		why:  "QEMU drops at stop what waits in the queues of its netdevs (net_vm_change_state_handler). Drydock delivers it after cont.",
		note: "no-stop-over-frame",
	},
	{
		what: "no queue is kicked between stop and cont",
		why: "QEMU serves control queues and disks of a stopped machine at once, though it says that the machine stands still. Drydock touches no memory of " +
			"the guest then, and serves them after cont.",
		note: "no-kick-while-stopped",
	},
	{
		what: "no queue is kicked before DRIVER_OK",
		why: "QEMU obeys control commands at any status, and sends and receives nothing before DRIVER_OK. For a modern driver Drydock does nothing until then, " +
			"as it must (2.1.2); a legacy one's first kick starts all queues (3.1.3).",
		note: "no-kick-before-ready",
	},
	{
		what: "the cable is not pulled before DRIVER_OK",
		why: "The driver may have read the status by then, so that config_generation must change (4.1.4.3.1). QEMU's counts notifications, and there are none " +
			"before DRIVER_OK (virtio_notify_config).",
		note: "no-change-before-ready",
	},
	{
		what: "a driver with a packed ring sends nothing while the cable is pulled",
		why: "QEMU 7.2 goes on by twice the length of the first chain that it drops (virtqueue_packed_drop_all), gives no other back, and breaks the device when " +
			"the cable is in again. Drydock gives all back.",
		note: "no-packed-drop",
	},
	{
		what: "a frame that is filtered finds buffers that it would fit into",
		why:  "With QEMU it waits for them, and with it all that follow, before the filter is asked. Drydock drops it at once.",
		note: "no-filtered-wait",
	},
	{
		what: "the device is not reset while frames wait for buffers",
		why: "QEMU forgets those that its netdev has read by then, which may be one or many (qemu_flush_or_purge_queued_packets). Drydock has read one at most, " +
			"and the others are the next driver's.",
		note: "no-reset-over-frame",
	},
	{
		what: "no BAR lies over another",
		why: "Which one answers is left open by PCI. QEMU shows the lower one where the vectors' BAR has neither table nor pending bits; with Drydock one " +
			"BAR hides all that it covers.",
		note: "no-overlap",
	},
	{
		what: "a packed ring of a disk gets no chain with a readable buffer behind a writable one",
		why:  "QEMU 7.2 goes around for ever (virtio_queue_packed_empty does not see that the device is broken). Drydock sets DEVICE_NEEDS_RESET.",
		note: "no-packed-disorder",
	},
	{
		what: "requests of a disk that are under way together are used in the order in which they end",
		why:  "So it is with QEMU too, and the order is the host's (2.7.8 asks for none without IN_ORDER). Which they are and their lengths are compared.",
		explains: func(s step, qemu, drydock string) bool {
			return s.noted("together") && usedInOrder(qemu) == usedInOrder(drydock)
		},
	},
	{
		what: "a used descriptor of a packed ring has VIRTQ_DESC_F_WRITE where the device wrote",
		why: "Only then does its length mean anything (2.8.8). QEMU 7.2 never sets it, and drivers that look at the length do not ask; one that " +
			"does would lose every frame.",
		explains: func(s step, qemu, drydock string) bool {
			return s.noted("packed") && withoutWrite(qemu) == withoutWrite(drydock)
		},
	},
}
