package pci

import "encoding/binary"

// OnCommand is called after each write of the guest to the low byte of the COMMAND register, also one that changes nothing, with
// its old and new value. It is called from a vCPU, in the order of the writes.
func (f *Function) OnCommand(fn func(old, new uint16)) { f.onCommand = append(f.onCommand, fn) }

// Command returns COMMAND.
func (f *Function) Command() uint16 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.command()
}

// SetCommand changes COMMAND as a device may (virtio legacy sets bus master by itself). The device knows what it does, so
// OnCommand is not called. Unless v changes IO or memory decoding it can be used under any lock of the device; if it does,
// mapped callbacks run. Bits that a guest could not set are ignored.
func (f *Function) SetCommand(v uint16) { f.UpdateCommand(v, ^v) }

// UpdateCommand is SetCommand for some bits: it sets and clears without a race against a guest that writes others, and returns
// what COMMAND is then.
func (f *Function) UpdateCommand(set, clear uint16) uint16 {
	f.mu.Lock()
	old := f.command()
	now := (old&^clear | set) & commandMask
	binary.LittleEndian.PutUint16(f.config[regCommand:], now)
	f.mu.Unlock()
	if (old^now)&(CommandIO|CommandMemory) != 0 {
		f.redecode()
	}
	f.followCommand()
	return now
}

func (f *Function) commandWritten(old, now uint16) {
	for _, fn := range f.onCommand {
		fn(old, now)
	}
}
