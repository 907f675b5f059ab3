package acpi

// Fixed feature flags (table 5.10) and boot architecture flags (table 5.11).
const (
	flagWBINVD    = 1 << 0
	flagProcC1    = 1 << 2
	flagSlpButton = 1 << 5 // no fixed sleep button; that bit 4 is clear makes the power button a fixed one
	flagFixRTC    = 1 << 6 // no RTC wake status in the fixed registers
	flagTimerExt  = 1 << 8
	flagResetReg  = 1 << 10

	bootLegacy = 1 << 0
	boot8042   = 1 << 1
	bootNoVGA  = 1 << 2
)

const (
	fadtSize     = 276 // revision 6
	fadtRevision = 6
	cmosCentury  = 0x32
	noLatency    = 0xffff // above the limits: no C2, no C3
)

// fadt is the fixed ACPI description table (5.2.9). Offsets are the specification's. SMI_CMD stays 0: ACPI is always on.
func fadt(c *Config, dsdt, facs uint64) []byte {
	t := make([]byte, fadtSize)
	le.PutUint32(t[36:], uint32(facs))
	le.PutUint32(t[40:], uint32(dsdt))
	le.PutUint16(t[46:], SCI)
	fixedBlocks(t)
	le.PutUint16(t[96:], noLatency)
	le.PutUint16(t[98:], noLatency)
	t[108] = cmosCentury
	le.PutUint16(t[109:], bootArch(c))
	le.PutUint32(t[112:], flagWBINVD|flagProcC1|flagSlpButton|flagFixRTC|flagTimerExt|flagResetReg)
	ioPort(t[116:], ResetPort, 1)
	t[128] = ResetValue
	le.PutUint64(t[140:], dsdt)
	copy(t[268:276], "DRYDOCK")
	return table("FACP", fadtRevision, t[headerSize:])
}

// fixedBlocks names the register blocks twice: the old way, and as generic addresses.
func fixedBlocks(t []byte) {
	for _, b := range []struct {
		old, length, generic int
		port                 uint16
		size                 byte
	}{
		{56, 88, 148, PM1aEvent, 4},
		{64, 89, 172, PM1aControl, 2},
		{76, 91, 208, PMTimer, 4},
		{80, 92, 220, GPE0, GPE0Len},
	} {
		le.PutUint32(t[b.old:], uint32(b.port))
		t[b.length] = b.size
		ioPort(t[b.generic:], b.port, b.size)
	}
}

func bootArch(c *Config) uint16 {
	flags := uint16(bootLegacy | bootNoVGA)
	if c.Keyboard {
		flags |= boot8042
	}
	return flags
}

// ioPort writes a generic address structure (5.2.3.2) for a register of size bytes. Its access size is that of the
// registers in it: an event block of 4 bytes is a pair of 2.
func ioPort(t []byte, port uint16, size byte) {
	const systemIO = 1
	t[0], t[1] = systemIO, size*8
	t[3] = accessSize(port)
	le.PutUint64(t[4:], uint64(port))
}

// accessSize is 1 for bytes, 2 for words, 3 for double words.
func accessSize(port uint16) byte {
	switch port {
	case ResetPort, GPE0:
		return 1
	case PMTimer:
		return 3
	}
	return 2
}
