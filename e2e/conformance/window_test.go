package conformance

var windowSentences = []sentence{
	must("4.1.4.9.1", modern, "has a structure for access through configuration space", func(e *env) { e.nic().structure(windowStructure) }),
	must("4.1.4.9.1", modern, "writes the first bytes of pci_cfg_data, as many as cap.length says, to cap.offset when the driver writes it", func(e *env) {
		n := e.nic()
		w := n.structure(windowStructure)
		common := n.structure(commonStructure)
		for _, v := range []uint64{2, 1, 0} {
			w.aim(common, queueSelect, 2)
			n.setConfig(w.at+16, 4, 0x55550000|v)
			n.equal("queue_select", common.load(queueSelect, 2), v)
		}
		w.aim(common, deviceStatus, 1)
		n.setConfig(w.at+16, 1, acknowledge)
		n.equal("device_status", common.load(deviceStatus, 1), acknowledge)
	}),
	must("4.1.4.9.1", modern, "reads as many bytes as cap.length says from cap.offset into pci_cfg_data when the driver reads it", func(e *env) {
		n := e.nic()
		w := n.structure(windowStructure)
		common, device := n.structure(commonStructure), n.structure(deviceStructure)
		for _, c := range []struct {
			in        structure
			off, size uint64
		}{{common, deviceFeature, 4}, {common, queueSize, 2}, {device, configMAC, 1}, {device, configMAC + 4, 2}, {device, configMAC, 4}} {
			w.aim(c.in, c.off, c.size)
			n.equal("pci_cfg_data", n.config(w.at+16, int(c.size)), c.in.load(c.off, int(c.size)))
		}
	}),
	described("4.1.4.9", modern, "can be initialized through configuration space alone", func(e *env) {
		n := e.nic()
		w, common := n.structure(windowStructure), n.structure(commonStructure)
		for _, v := range []uint64{0, acknowledge, acknowledge | driverBit} {
			w.aim(common, deviceStatus, 1)
			n.setConfig(w.at+16, 1, v)
			n.equal("device_status", n.config(w.at+16, 1), v)
		}
	}),
}

// aim makes a window show size bytes at off in a structure.
func (w structure) aim(in structure, off, size uint64) {
	w.m.setConfig(w.at+4, 1, uint64(in.bar))
	w.m.setConfig(w.at+8, 4, in.offset+off)
	w.m.setConfig(w.at+12, 4, size)
}
