package acpi

import "fmt"

// dsdt is the differentiated system description table (5.2.11.1): the devices that a kernel cannot find by looking.
func dsdt(c *Config) []byte {
	off := pkg(integer(SleepTypeOff), integer(SleepTypeOff), integer(0), integer(0))
	return table("DSDT", 2, join(
		name(`\_S5`, off),
		scope(`\_SB`, cpus(c.CPUs), pci0(c)),
		hotplugEvent(c.Hotplug),
	))
}

// cpus makes a device of each, whose _UID is that in the MADT.
func cpus(list []CPU) (b aml) {
	for uid := range list {
		b = append(b, device(fmt.Sprintf("C%03X", uid),
			name("_HID", text("ACPI0007")),
			name("_UID", integer(uint64(uid))))...)
	}
	return b
}

// pci0 is the host bridge at 0xcf8, and behind it what a PC has on its ISA bus. It has no _ADR: 6.1 forbids one beside a
// _HID.
func pci0(c *Config) aml {
	return device("PCI0",
		name("_HID", eisaID("PNP0A03")),
		name("_BBN", integer(0)),
		name("_UID", integer(0)),
		name("_CRS", windows(c)),
		name("_PRT", routes()),
		fixedHardware(),
		clock(),
		keyboard(c),
		serials(c.Serial),
		hotplug(c.Hotplug),
	)
}

func windows(c *Config) aml {
	list := [][]byte{busNumbers(0, 255), ports(0xcf8, 8)}
	io := c.IO
	if io == nil {
		io = defaultIO
	}
	for _, w := range io {
		list = append(list, ioWindow(w))
	}
	for _, w := range c.Memory {
		list = append(list, memoryWindow(w))
	}
	return resources(list...)
}

// routes is the _PRT (6.2.13) without link devices: the source is 0, and the index is the GSI.
func routes() aml {
	const everyFunction = 0xffff
	var list []aml
	for slot := range Slots {
		for pin := range Pins {
			list = append(list, pkg(
				integer(uint64(slot)<<16|everyFunction), integer(uint64(pin)), integer(0), integer(uint64(PinGSI(slot, pin)))))
		}
	}
	return pkg(list...)
}

// fixedHardware keeps a kernel from giving the ports of the FADT to a PCI device.
func fixedHardware() aml {
	return device("PM",
		name("_HID", eisaID("PNP0C02")),
		name("_UID", integer(0)),
		name("_CRS", resources(ports(PM1aEvent, PMTimer+4-PM1aEvent), ports(GPE0, GPE0Len))))
}

func clock() aml {
	return device("RTC",
		name("_HID", eisaID("PNP0B00")),
		name("_CRS", resources(ports(0x70, 2), irq(8))))
}

func keyboard(c *Config) aml {
	if !c.Keyboard {
		return nil
	}
	return device("KBD",
		name("_HID", eisaID("PNP0303")),
		name("_CRS", resources(ports(0x60, 1), ports(0x64, 1), irq(1))))
}

func serials(list []Serial) (b aml) {
	for i, s := range list {
		b = append(b, device(fmt.Sprintf("COM%X", i+1),
			name("_HID", eisaID("PNP0501")),
			name("_UID", integer(uint64(i)+1)),
			name("_CRS", resources(ports(s.Base, 8), irq(s.IRQ))))...)
	}
	return b
}
