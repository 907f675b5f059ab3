package virtio

// What a driver can break in a split queue. Each is fatal, as in QEMU (virtio_error): the device needs a reset. Where the
// specification has no sentence of its own the section is the one that describes the thing. That the size be a power of two
// is none of them: QEMU takes any.
var (
	RuleQueueSize    = &Rule{"2.7", "a split queue has from 1 to 32768 entries"}
	RuleRingInMemory = &Rule{"2.7.1", "the descriptor table, the available ring and the used ring lie in RAM"}

	RuleAvailIndex  = &Rule{"2.7.6.1", "the available index never goes back, nor ahead by more than the queue's size"}
	RuleHeadInRange = &Rule{"2.7.6", "an entry of the available ring is less than the queue's size"}
	RuleInFlight    = &Rule{"2.7.13", "a descriptor is not made available again before the device has used it"}

	RuleNextInRange     = &Rule{"2.7.5", "next is less than the number of descriptors in its table"}
	RuleNoLoop          = &Rule{"2.7.5.2", "a chain does not loop: it has no more descriptors than its table"}
	RuleSegments        = &Rule{"2.7.4.2", "a chain has at most 1024 buffers"}
	RuleLength          = &Rule{"2.7.5", "a descriptor's buffer has at least one byte"}
	RuleBufferInMemory  = &Rule{"2.7.5", "a descriptor's buffer lies in RAM"}
	RuleReadBeforeWrite = &Rule{"2.7.4.2", "device-writable descriptors come after all device-readable ones"}

	RuleIndirectLength   = &Rule{"2.7.5.3", "an indirect table is a positive multiple of 16 bytes long"}
	RuleIndirectInMemory = &Rule{"2.7.5.3", "an indirect table lies in RAM"}

	RuleReceiveWritable = &Rule{"5.1.9.3", "a receive buffer has a device-writable part"}
)

// Rules lists the rules of split queues, so that a test can show that each is kept. RuleReceiveWritable holds for both
// layouts.
var Rules = []*Rule{
	RuleQueueSize, RuleRingInMemory,
	RuleAvailIndex, RuleHeadInRange, RuleInFlight,
	RuleNextInRange, RuleNoLoop, RuleSegments, RuleLength, RuleBufferInMemory, RuleReadBeforeWrite,
	RuleIndirectLength, RuleIndirectInMemory,
	RuleReceiveWritable,
}
