package pci

// Registers of a type 0 configuration header (6.1, figure 6-1).
const (
	regVendor        = 0x00
	regDevice        = 0x02
	regCommand       = 0x04
	regStatus        = 0x06
	regRevision      = 0x08
	regCacheLineSize = 0x0c
	regHeaderType    = 0x0e
	regBAR0          = 0x10
	regSubVendor     = 0x2c
	regSubDevice     = 0x2e
	regROM           = 0x30
	regCapabilities  = 0x34
	regInterruptLine = 0x3c
	regInterruptPin  = 0x3d
	headerSize       = 0x40
)

// Bits of COMMAND (6.2.2).
const (
	CommandIO          = 1 << 0
	CommandMemory      = 1 << 1
	CommandBusMaster   = 1 << 2
	CommandSERR        = 1 << 8
	CommandINTxDisable = 1 << 10

	// commandMask is what a guest may change: QEMU's choice for an endpoint.
	commandMask = CommandIO | CommandMemory | CommandBusMaster | CommandSERR | CommandINTxDisable
)

// Bits of STATUS (6.2.3).
const (
	statusInterrupt    = 1 << 3
	statusCapabilities = 1 << 4
)

const multifunction = 0x80 // header type: the slot may have more functions than this one

// A space is one function's configuration space.
type space [256]byte
