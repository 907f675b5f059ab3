package vmm

// eject is a guest's write of the eject register: it has let go of what is in the slot. The CPU that wrote, and others, may be
// about to use the device still, so it ends when they have all left their guests; to wait for that here would be to wait for
// oneself.
func (m *pc) eject(slot int) {
	if gone := m.unplug(slot); gone != nil {
		m.accel.quiet(func() { m.ejected(gone) })
	}
}

// ejectAsked takes out what the guest was asked for, as QEMU does at a reset. No access is under way.
func (m *pc) ejectAsked() {
	asked := m.hotplug.Asked()
	for slot := range 32 {
		if asked&(1<<slot) == 0 {
			continue
		}
		m.ejected(m.unplug(slot))
	}
}

func (m *pc) ejected(gone []*function) {
	for _, c := range gone {
		c.close()
		if m.c.OnEvent != nil {
			m.c.OnEvent(Event{Kind: EventDeviceDeleted, Device: c.Device})
		}
	}
}
