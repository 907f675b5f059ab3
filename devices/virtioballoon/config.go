package virtioballoon

import (
	"encoding/binary"

	"github.com/drydock-vmm/drydock/virtio"
)

// Offsets in struct virtio_balloon_config (5.5.4).
const (
	configNumPages = 0 // what the host wants in the balloon
	configActual   = 4 // what is in it; the driver writes it
	configHintID   = 8
	configPoison   = 12 // the driver writes it
	configEnd      = 16
)

// configLen is as much of the space as what is offered needs (QEMU: virtio_balloon_config_size).
func configLen(c Config) int {
	switch {
	case c.LongConfig || c.Features.Has(PagePoison):
		return configEnd
	case c.Features.Has(FreePageHint):
		return configPoison
	default:
		return configHintID
	}
}

// SetTarget asks the guest to keep target bytes of its memory: the rest goes into the balloon. More than the guest has means all;
// 0 is ignored, as by QEMU.
func (d *Device) SetTarget(target uint64) {
	if target == 0 {
		return
	}
	pages := (d.cfg.RAM - min(target, d.cfg.RAM)) >> pageShift
	d.mu.Lock()
	defer d.mu.Unlock()
	d.space.Put(configNumPages, binary.LittleEndian.AppendUint32(nil, uint32(pages)))
	d.untold = true
	d.tell()
}

// Actual is how much memory the guest says it has left, in bytes (QMP query-balloon).
func (d *Device) Actual() uint64 {
	// The driver's number is not to be believed: it may say that more is in the balloon than there is.
	return d.cfg.RAM - min(uint64(d.field(configActual))<<pageShift, d.cfg.RAM)
}

func (d *Device) field(off int) uint32 {
	var b [4]byte
	d.space.Read(off, b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// configWritten takes what a driver may write, and ignores the rest. A driver that did not accept PAGE_POISON has no poison.
func (d *Device) configWritten(c *virtio.Config, accepted virtio.Features, all []byte) {
	if actual := all[configActual:][:4]; binary.LittleEndian.Uint32(actual) != d.field(configActual) {
		c.Put(configActual, actual)
		if d.cfg.Changed != nil {
			d.cfg.Changed(d.Actual())
		}
	}
	switch {
	case c.Len() < configEnd:
	case accepted.Has(PagePoison):
		d.setPoison(binary.LittleEndian.Uint32(all[configPoison:]))
	default:
		d.setPoison(0)
	}
}

func (d *Device) setPoison(v uint32) {
	if d.poison.Swap(v) != v {
		d.space.Put(configPoison, binary.LittleEndian.AppendUint32(nil, v))
	}
}
