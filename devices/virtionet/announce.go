package virtionet

import (
	"errors"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// SelfAnnounce tells the network where this card is: a RARP frame on the first link, and if the driver accepted GUEST_ANNOUNCE the
// request that it do the same for all its addresses (QEMU's qemu_announce_self_iter for one NIC). It is one round; how many there
// are, and when, is the caller's. Any goroutine may call it; nothing is sent while the link is down.
func (d *Device) SelfAnnounce() {
	d.Announce()
	if !d.up.Load() {
		return
	}
	if err := d.sendAnnouncement(); err != nil {
		d.log.Debug().Err(err).Msg("virtionet: the announcement is not sent")
	}
}

// Announce asks the driver to tell the network where it is now (GUEST_ANNOUNCE, 5.1.9.5.4). It does nothing if no driver
// listens for that; one that has accepted it and is not ready finds the request in the status field, where it stands until it
// is acknowledged.
func (d *Device) Announce() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accepted.Has(GuestAnnounce) && d.accepted.Has(CtrlVQ) {
		d.changeStatus(statusAnnounce, statusAnnounce)
	}
}

// sendAnnouncement sends between two frames of the driver's, if there is one. A transmitter takes mu within its turn, too.
func (d *Device) sendAnnouncement() error {
	d.sending.take()
	defer d.sending.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	header, err := d.headerNow()
	if err != nil {
		return err
	}
	frame := append(make([]byte, header), announcement(d.cfg.MAC)...)
	return d.links[0].Send([]unix.Iovec{iovec.Of(frame)})
}

var errNotTuned = errors.New("the netdev is being prepared for a driver")

// headerNow is how long the header of a frame is. Without a driver it is what SetHeader makes it; a driver's is known once its life
// has told the netdev. Needs mu.
func (d *Device) headerNow() (int, error) {
	switch {
	case d.cfg.Netdev.Offloads() == 0:
		return 0, nil
	case d.life == nil:
		return legacyHeaderLen, d.cfg.Netdev.SetHeader(legacyHeaderLen)
	case !d.life.tuned.Load():
		return 0, errNotTuned
	}
	return d.life.frame.header, nil
}

// announcement is a RARP request for the address's own address (RFC 903), of the shortest length on Ethernet, as
// announce_self_create makes it.
func announcement(mac [6]byte) []byte {
	const ethernetRARPRequest = "\x80\x35\x00\x01\x08\x00\x06\x04\x00\x03" // type, Ethernet, IPv4, 6 and 4 bytes, operation 3
	f := append(make([]byte, 0, minFrame), broadcast[:]...)
	f = append(append(f, mac[:]...), ethernetRARPRequest...)
	f = append(append(f, mac[:]...), 0, 0, 0, 0)
	f = append(f, mac[:]...)
	return f[:minFrame]
}

const minFrame = 60
