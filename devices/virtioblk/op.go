package virtioblk

// Request types (5.2.6), without VIRTIO_BLK_T_. Only those that are done, and what QEMU ignores in the others.
const (
	typeIn          = 0
	typeOut         = 1 // a bit, too: the driver writes
	typeSCSI        = 2
	typeFlush       = 4
	typeGetID       = 8
	typeDiscard     = 11
	typeWriteZeroes = 13
	typeBarrier     = 1 << 31 // of old, a bit that any type can have
)

// Status bytes (5.2.6), without VIRTIO_BLK_S_.
const (
	statusOK     = 0
	statusIOErr  = 1
	statusUnsupp = 2
)

// idLen is VIRTIO_BLK_ID_BYTES.
const idLen = 20

// An Op is what a request asks for.
type Op int

const (
	OpRead Op = iota
	OpWrite
	OpFlush
	OpDiscard
	OpWriteZeroes
	numOps = iota
)

var opNames = [numOps]string{"read", "write", "flush", "discard", "write zeroes"}

func (o Op) String() string { return opNames[o] }
