package virtio

// What a driver can break in a packed queue, as in rules.go. Its sections are others, so that an author finds the sentence.
var (
	RulePackedSize     = &Rule{"2.8", "a packed queue has from 1 to 32768 entries"}
	RulePackedInMemory = &Rule{"2.8.10.1", "the descriptor ring and the event suppression structures lie in RAM"}

	RulePackedInFlight = &Rule{"2.8.16", "a descriptor is not made available again before the device has used it"}
	RuleListLength     = &Rule{"2.8.17", "a list has no more descriptors than the ring has entries"}
	RuleListAvailable  = &Rule{"2.8.17", "all descriptors of a list are available before the first one is"}

	RulePackedSegments        = &Rule{"2.8.17", "a list is not longer than the device allows: 1024 buffers"}
	RulePackedLength          = &Rule{"2.8.4", "a descriptor's buffer has at least one byte"}
	RulePackedBufferInMemory  = &Rule{"2.8.4", "a descriptor's buffer lies in RAM"}
	RulePackedReadBeforeWrite = &Rule{"2.8.17", "device-writable descriptors come after all device-readable ones"}

	RulePackedIndirectLength   = &Rule{"2.8.7", "an indirect table is a positive multiple of 16 bytes long"}
	RulePackedIndirectInMemory = &Rule{"2.8.7", "an indirect table lies in RAM"}
	RuleIndirectAlone          = &Rule{"2.8.19", "a descriptor that points to an indirect table is in no list of others"}
)

// PackedRules lists the rules of packed queues.
var PackedRules = []*Rule{
	RulePackedSize, RulePackedInMemory,
	RulePackedInFlight, RuleListLength, RuleListAvailable,
	RulePackedSegments, RulePackedLength, RulePackedBufferInMemory, RulePackedReadBeforeWrite,
	RulePackedIndirectLength, RulePackedIndirectInMemory, RuleIndirectAlone,
	RuleReceiveWritable,
}
