package pci

import "encoding/binary"

// OnCommand is called after each change that the guest makes to the COMMAND register, with its old and new value. It is
// called from a vCPU, in the order of the changes.
func (f *Function) OnCommand(fn func(old, new uint16)) { f.onCommand = append(f.onCommand, fn) }

// Command returns COMMAND.
func (f *Function) Command() uint16 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.command()
}

// SetCommand changes COMMAND as a device may (virtio legacy sets bus master by itself). The device knows what it does, so
// OnCommand is not called: it can be used under the device's own lock. Bits that a guest could not set are ignored.
func (f *Function) SetCommand(v uint16) {
	f.mu.Lock()
	old := f.command()
	binary.LittleEndian.PutUint16(f.config[regCommand:], v&commandMask)
	f.mu.Unlock()
	if (old^v)&(CommandIO|CommandMemory) != 0 {
		f.redecode()
	}
	f.followINTxDisable()
}

func (f *Function) commandChanged(old, now uint16) {
	if old == now {
		return
	}
	f.followINTxDisable()
	for _, fn := range f.onCommand {
		fn(old, now)
	}
}
