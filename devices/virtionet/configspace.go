package virtionet

import (
	"encoding/binary"

	"github.com/drydock-vmm/drydock/virtio"
)

// Fields of the configuration space (5.1.4) by their offsets, and the status bits.
const (
	configMAC      = 0
	configStatus   = 6
	configMaxPairs = 8
	configMTU      = 10
	configSpeed    = 12
	configDuplex   = 16

	statusLinkUp   = 1
	statusAnnounce = 2
)

// configLen is the length of the space: up to the last field that an offered feature has, as QEMU's feature_sizes.
func configLen(offered virtio.Features) int {
	n := configStatus
	for _, e := range []struct {
		bit virtio.Feature
		end int
	}{{Status, configMaxPairs}, {MQ, configMTU}, {MTU, configSpeed}, {SpeedDuplex, configDuplex + 1}} {
		if offered.Has(e.bit) {
			n = e.end
		}
	}
	return n
}

// configBytes is the space at power on.
func (c *Config) configBytes(offered virtio.Features) []byte {
	b := make([]byte, configDuplex+1)
	copy(b[configMAC:], c.MAC[:])
	binary.LittleEndian.PutUint16(b[configStatus:], statusLinkUp)
	binary.LittleEndian.PutUint16(b[configMaxPairs:], uint16(len(c.Netdev.Links())))
	binary.LittleEndian.PutUint16(b[configMTU:], c.MTU)
	if offered.Has(SpeedDuplex) {
		binary.LittleEndian.PutUint32(b[configSpeed:], uint32(c.Speed))
		b[configDuplex] = byte(c.Duplex)
	}
	return b[:configLen(offered)]
}

// writeConfig is a driver's write. Only the MAC takes one, and only from a driver that has no better way: neither
// CTRL_MAC_ADDR nor VERSION_1 accepted (QEMU's virtio_net_set_config).
func (d *Device) writeConfig(c *virtio.Config, accepted virtio.Features, off int, p []byte) {
	if off >= configStatus || accepted.Has(CtrlMACAddr) || accepted.Has(virtio.Version1) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c.Set(off, p[:min(len(p), configStatus-off)])
	if d.life != nil {
		d.life.setMAC(d.currentMAC())
	}
}

// reset forgets what the driver wrote, and an announcement that it owes.
func (d *Device) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setStatus(statusAnnounce, 0)
	if d.currentMAC() != d.cfg.MAC { // or else the generation would count every reset
		d.config.Set(configMAC, d.cfg.MAC[:])
	}
}

// currentMAC is the address that the driver reads.
func (d *Device) currentMAC() (mac [6]byte) {
	d.config.Read(configMAC, mac[:])
	return mac
}

// setStatus changes bits of the status field and tells the driver, if there is one and anything changed. Needs d.mu.
func (d *Device) setStatus(mask, bits uint16) {
	was := d.status
	d.status = was&^mask | bits
	if d.status == was || !d.offered.Has(Status) {
		return
	}
	d.config.Set(configStatus, binary.LittleEndian.AppendUint16(nil, d.status))
}
