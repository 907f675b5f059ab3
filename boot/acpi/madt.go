package acpi

// Interrupt controller structures (5.2.12).
const (
	typeLocalAPIC    = 0
	typeIOAPIC       = 1
	typeOverride     = 2
	typeLocalAPICNMI = 4
	typeX2APIC       = 9
	typeX2APICNMI    = 10
)

const (
	pcATCompatible = 1 // there are two 8259s too
	apicEnabled    = 1
	levelHigh      = 0xd // MPS INTI flags: level triggered, active high
	lint1          = 1
	allUIDs        = 0xff
	allX2UIDs      = 0xffffffff
	apicIDMax      = 254 // of a local APIC in xAPIC mode; 255 is everybody
)

// madt is the multiple APIC description table: CPUs, one I/O APIC, and how ISA interrupts reach it.
func madt(c *Config) []byte {
	b := le.AppendUint32(nil, LocalAPICBase)
	b = le.AppendUint32(b, pcATCompatible)
	x2 := false
	for uid, cpu := range c.CPUs {
		b = appendCPU(b, uint32(uid), cpu)
		x2 = x2 || !cpu.xAPIC(uint32(uid))
	}
	b = append(b, typeIOAPIC, 12, 0, 0)
	b = le.AppendUint32(b, IOAPICBase)
	b = le.AppendUint32(b, 0) // its first pin is GSI 0
	b = appendOverrides(b)
	b = append(b, typeLocalAPICNMI, 6, allUIDs, 0, 0, lint1)
	if x2 {
		b = append(b, typeX2APICNMI, 12, 0, 0)
		b = le.AppendUint32(b, allX2UIDs)
		b = append(b, lint1, 0, 0, 0)
	}
	return table("APIC", 5, b)
}

// xAPIC reports whether the small structure has room for the CPU's numbers.
func (cpu CPU) xAPIC(uid uint32) bool { return cpu.APICID <= apicIDMax && uid < allUIDs }

func appendCPU(b []byte, uid uint32, cpu CPU) []byte {
	if cpu.xAPIC(uid) {
		b = append(b, typeLocalAPIC, 8, byte(uid), byte(cpu.APICID))
		return le.AppendUint32(b, apicEnabled)
	}
	b = append(b, typeX2APIC, 16, 0, 0)
	b = le.AppendUint32(b, cpu.APICID)
	b = le.AppendUint32(b, apicEnabled)
	return le.AppendUint32(b, uid)
}

// appendOverrides says where ISA interrupts differ from edge triggered and pin = IRQ: the timer comes in at pin 2, where
// KVM's default routing has it, and the SCI and the PCI interrupts are level triggered, the same four as in QEMU.
func appendOverrides(b []byte) []byte {
	for _, o := range []struct {
		irq   byte
		gsi   uint32
		flags uint16
	}{{0, 2, 0}, {5, 5, levelHigh}, {9, 9, levelHigh}, {10, 10, levelHigh}, {11, 11, levelHigh}} {
		b = append(b, typeOverride, 10, 0, o.irq)
		b = le.AppendUint32(b, o.gsi)
		b = le.AppendUint16(b, o.flags)
	}
	return b
}
