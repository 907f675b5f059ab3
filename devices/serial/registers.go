package serial

// Register offsets. Where two share one, DLAB of LCR or the direction of the access chooses.
const (
	regData = 0 // RBR, THR; DLL
	regIER  = 1 // DLM
	regIIR  = 2 // FCR
	regLCR  = 3
	regMCR  = 4
	regLSR  = 5
	regMSR  = 6
	regSCR  = 7

	// Ports is how many ports the UART takes: 0x3f8 to 0x3ff for the first one, with interrupt 4.
	Ports = 8
)

const (
	ierReceived = 1 << 0
	ierTHRE     = 1 << 1
	ierLine     = 1 << 2
	ierModem    = 1 << 3
	ierMask     = 0x0f
)

// Interrupt identification, the most urgent first.
const (
	iirLine     = 0x06
	iirTimeout  = 0x0c // bytes wait, fewer than the trigger level
	iirReceived = 0x04
	iirTHRE     = 0x02
	iirModem    = 0x00
	iirNone     = 0x01
	iirFIFO     = 0xc0
)

const (
	fcrEnable       = 1 << 0
	fcrClearReceive = 1 << 1
	fcrTrigger      = 6 // shift of a two-bit field
)

const lcrDLAB = 1 << 7

const (
	mcrDTR  = 1 << 0
	mcrRTS  = 1 << 1
	mcrOut1 = 1 << 2
	mcrOut2 = 1 << 3
	mcrLoop = 1 << 4
	mcrMask = 0x1f
)

const (
	lsrData    = 1 << 0
	lsrOverrun = 1 << 1
	lsrTHRE    = 1 << 5
	lsrTEMT    = 1 << 6
)

const (
	msrDeltaRI = 1 << 2 // only the trailing edge of RI counts
	msrCTS     = 1 << 4
	msrDSR     = 1 << 5
	msrRI      = 1 << 6
	msrDCD     = 1 << 7

	msrConnected = msrCTS | msrDSR | msrDCD // a peer that is always there
)
