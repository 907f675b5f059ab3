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
	configKeySize  = 17
	configTableLen = 18
	configHashes   = 20
	configEnd      = 24

	statusLinkUp   = 1
	statusAnnounce = 2
)

// configLen is the length of the space: up to the last field that an asked feature has, as QEMU's feature_sizes. That the netdev
// cannot do it does not make the space shorter.
func configLen(asked virtio.Features) int {
	n := configStatus
	for _, e := range []struct {
		bit virtio.Feature
		end int
	}{
		{Status, configMaxPairs}, {MQ, configMTU}, {MTU, configSpeed}, {SpeedDuplex, configKeySize}, {RSS, configEnd}, {HashReport, configEnd},
	} {
		if asked.Has(e.bit) {
			n = e.end
		}
	}
	return n
}

// configBytes is the space at power on. A field before the last one is there whether or not its feature is offered.
func (c *Config) configBytes(asked virtio.Features) []byte {
	b := make([]byte, configEnd)
	copy(b[configMAC:], c.MAC[:])
	binary.LittleEndian.PutUint16(b[configStatus:], statusLinkUp)
	binary.LittleEndian.PutUint16(b[configMaxPairs:], uint16(len(c.Netdev.Links())))
	binary.LittleEndian.PutUint16(b[configMTU:], c.MTU)
	c.putSpeed(b, asked.Has(SpeedDuplex))
	b[configKeySize] = maxKeyLen
	binary.LittleEndian.PutUint16(b[configTableLen:], 1) // QEMU's without RSS
	if asked.Has(RSS) {
		binary.LittleEndian.PutUint16(b[configTableLen:], maxIndirection)
	}
	binary.LittleEndian.PutUint32(b[configHashes:], uint32(supportedHashes))
	return b[:configLen(asked)]
}

func (c *Config) putSpeed(b []byte, known bool) {
	speed, duplex := int32(unknownSpeed), UnknownDuplex
	if known {
		speed, duplex = c.Speed, c.Duplex
	}
	binary.LittleEndian.PutUint32(b[configSpeed:], uint32(speed))
	b[configDuplex] = byte(duplex)
}

// writeConfig is a driver's write. Only the MAC takes one, and only from a driver that has no better way: neither
// CTRL_MAC_ADDR nor VERSION_1 accepted (QEMU's virtio_net_set_config).
func (d *Device) writeConfig(c *virtio.Config, accepted virtio.Features, all []byte) {
	if accepted.Has(CtrlMACAddr) || accepted.Has(virtio.Version1) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c.Put(configMAC, all[configMAC:configStatus])
	if d.life != nil {
		d.life.setMAC(d.currentMAC())
	}
}

// reset forgets what the driver wrote, and an announcement that it owes.
func (d *Device) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = nil
	d.putStatus(d.status &^ statusAnnounce)
	d.config.Put(configMAC, d.cfg.MAC[:])
}

// currentMAC is the address that the driver reads.
func (d *Device) currentMAC() (mac [6]byte) {
	d.config.Read(configMAC, mac[:])
	return mac
}

// changeStatus changes bits of the status field from the device's side, and tells the driver. Needs d.mu.
func (d *Device) changeStatus(mask, bits uint16) {
	d.putStatus(d.status&^mask | bits)
	d.config.Touch()
	d.config.Notify()
}

// putStatus changes the field where the space has room for it, as it may though STATUS is not offered (QEMU's
// virtio_net_get_config). Needs d.mu.
func (d *Device) putStatus(status uint16) {
	if d.status = status; d.config.Len() >= configMaxPairs {
		d.config.Put(configStatus, binary.LittleEndian.AppendUint16(nil, status))
	}
}
