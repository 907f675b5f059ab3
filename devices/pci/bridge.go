package pci

// Identities and power-on bytes of the chips of QEMU's pc machine, read from QEMU 7.2 through configuration mechanism 1.
const (
	intel      = 0x8086
	qemuVendor = 0x1af4
	qemuDevice = 0x1100
)

// hostBridge is the 82441FX. Guests know the machine by it: OVMF stops at a bridge it does not know.
func hostBridge() *Function {
	f := NewFunction(Identity{Vendor: intel, Device: 0x1237, SubVendor: qemuVendor, SubDevice: qemuDevice, Class: 0x060000, Revision: 2})
	f.storage(0x57, 0x10) // DRB: installed memory rows, as QEMU leaves them
	f.storage(0x72, 0x02) // SMRAM
	return f
}

// AttachPIIX puts the south bridge of the pc machine at slot 1: the PIIX3 ISA bridge at 01.0, and the PIIX4 power management
// function at 01.3 with pmBase (0x600 in QEMU, set by its firmware) as its I/O base and sci as its interrupt line.
func (r *Root) AttachPIIX(pmBase uint16, sci uint8) error {
	bridge := isaBridge()
	bridge.HookConfig(regPIRQRC, PIRQs, nil, r.routed)
	if err := r.AttachAt(1, 0, bridge); err != nil {
		return err
	}
	return r.AttachAt(1, 3, powerManagement(pmBase, sci))
}

func isaBridge() *Function {
	f := NewFunction(Identity{Vendor: intel, Device: 0x7000, SubVendor: qemuVendor, SubDevice: qemuDevice, Class: 0x060100})
	f.initial(regStatus, []byte{0x00, 0x02}, nil) // medium DEVSEL timing
	f.storage(0x4c, 0x4d, 0x00, 0x03)
	f.storage(regPIRQRC, 0x80, 0x80, 0x80, 0x80) // nowhere, until firmware routes them
	f.storage(0x69, 0x02)
	f.storage(0x70, 0x80)
	f.storage(0x76, 0x0c, 0x0c, 0x02)
	f.storage(0xa0, 0x08)
	f.storage(0xa8, 0x0f)
	return f
}

func powerManagement(pmBase uint16, sci uint8) *Function {
	f := NewFunction(Identity{Vendor: intel, Device: 0x7113, SubVendor: qemuVendor, SubDevice: qemuDevice, Class: 0x068000, Revision: 3, Pin: 1})
	f.initial(regStatus, []byte{0x80, 0x02}, nil)
	f.initial(regInterruptLine, []byte{sci}, []byte{0xff})
	f.storage(0x40, byte(pmBase)|1, byte(pmBase>>8)) // PMBA; bit 0 says "I/O"
	f.storage(0x5f, 0x10)
	f.storage(0x63, 0x60)
	f.storage(0x80, 0x01) // PMREGMISC: the I/O base is decoded
	f.storage(0x90, 0x01, 0xb1)
	f.storage(0xd2, 0x09)
	return f
}

// storage are device-specific bytes that a guest may write and that do nothing here.
func (f *Function) storage(off int, b ...byte) {
	mask := make([]byte, len(b))
	for i := range mask {
		mask[i] = 0xff
	}
	f.initial(off, b, mask)
	f.renew(off, len(b))
}
