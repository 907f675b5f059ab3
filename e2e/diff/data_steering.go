package main

import "encoding/binary"

// Commands of VIRTIO_NET_CTRL_MQ and VIRTIO_NET_CTRL_GUEST_OFFLOADS (5.1.6.5.5, 5.1.6.5.6).
const (
	classMQ       = 4
	classOffloads = 5

	mqPairs = 0
	mqRSS   = 1
	mqHash  = 2

	guestOffloads = featureGuestCsum | featureGuestTSO4 | featureGuestTSO6 | 1<<9 | 1<<10 | 1<<54 | 1<<55
)

// steering is a command that means something to a card over a tap.
func (d *driver) steering() []byte {
	switch d.IntN(3) {
	case 0:
		return d.spoil(binary.LittleEndian.AppendUint64([]byte{classOffloads, 0}, d.someOffloads()))
	case 1:
		return d.pairsCommand()
	}
	d.steered = true
	if d.has(featureRSS) {
		return d.rssCommand()
	}
	return d.hashCommand()
}

// unsteer turns hashes off, as any command of the class does.
func (d *driver) unsteer() {
	if !d.steered {
		return
	}
	d.steered = false
	d.left("no-stale-hashes")
	q, at := d.controlQueue(), d.allocate(8)
	d.setBytes(at, []byte{classMQ, mqPairs, 1, 0, 0xee}, "command")
	d.queues[q].add([]segment{{at, 4, false}, {at + 4, 1, true}}, false)
	d.kick(q)
	d.queues[q].await()
	d.queues[q].done()
}

// unreport has a modern driver without HASH_REPORT come between one that accepted it and a legacy driver with the short header.
func (d *driver) unreport() {
	if !d.reported || d.has(featureMRG) {
		return
	}
	d.reported = false
	d.left("no-stale-reports")
	d.negotiate(featureVersion1)
}

// someOffloads are mostly among the accepted ones.
func (d *driver) someOffloads() uint64 {
	some := d.accepted & guestOffloads & (d.Uint64() | d.Uint64())
	switch d.IntN(8) {
	case 0:
		if d.has(featureRSC) {
			d.left("no-wrong-offloads")
			return some
		}
		return some | 1<<d.IntN(60) // RSC_EXT has a case of its own
	case 1:
		if !d.has(featureRSC) {
			d.left("no-unaccepted-rsc")
			some &^= featureGuestTSO4 | featureGuestTSO6
		}
		return some | featureRSC
	}
	return some
}

func (d *driver) pairsCommand() []byte {
	n := d.IntN(d.opened() + 2)
	c := binary.LittleEndian.AppendUint16([]byte{classMQ, mqPairs}, uint16(n))
	if d.chance(10) {
		d.unsure()
		return d.spoil(c)
	}
	if d.has(featureMQ) && n >= 1 && n <= d.opened() {
		d.pairs = n
	}
	return c
}

// A hashing is struct virtio_net_rss_config, which with reserved fields is virtio_net_hash_config.
type hashing struct {
	types              uint32
	mask, unclassified uint16
	table              []uint16
	pairs              uint16
	key                []byte
}

func (h *hashing) bytes() []byte {
	b := binary.LittleEndian.AppendUint32(nil, h.types)
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, h.mask), h.unclassified)
	for _, q := range h.table {
		b = binary.LittleEndian.AppendUint16(b, q)
	}
	b = append(binary.LittleEndian.AppendUint16(b, h.pairs), byte(len(h.key)))
	return append(b, h.key...)
}

// rssCommand is right three times of four.
func (d *driver) rssCommand() []byte {
	h := d.hashing(one(d.emitter, 1, 2, 4, 8, 64, 128))
	h.unclassified, h.pairs = uint16(d.IntN(d.opened())), uint16(1+d.IntN(d.opened()))
	d.pairs = int(h.pairs)
	if d.chance(25) {
		d.unsure()
		switch d.IntN(6) {
		case 0:
			h.mask = one[uint16](d.emitter, 2, 5, 255, 0xffff, 127)
		case 1:
			h.unclassified += uint16(d.IntN(6))
		case 2:
			h.pairs = one[uint16](d.emitter, 0, h.pairs+4, 0xffff)
		case 3:
			d.left("no-short-key")
			h.key = nil
		case 4:
			h.key = append(h.key, 1, 2)
		default:
			h.types = 0
			h.key = h.key[:d.IntN(2)]
		}
	}
	return d.maybeSpoil(append([]byte{classMQ, mqRSS}, h.bytes()...))
}

func (d *driver) hashCommand() []byte {
	h := d.hashing(1)
	h.table[0] = 0
	if d.chance(20) {
		h.mask, h.unclassified, h.pairs = uint16(d.IntN(200)), uint16(d.IntN(200)), uint16(d.IntN(200))
	}
	if d.chance(10) {
		d.left("no-short-key")
		h.key = nil
	}
	return d.maybeSpoil(append([]byte{classMQ, mqHash}, h.bytes()...))
}

// maybeSpoil: a command that is not as it should be may leave fewer pairs in use.
func (d *driver) maybeSpoil(c []byte) []byte {
	if d.chance(10) {
		d.unsure()
		return d.spoil(c)
	}
	return c
}

// unsure is for a command after which only the first pair is in use for certain.
func (d *driver) unsure() {
	d.left("no-unused-pair")
	d.pairs = 1
}

// hashing has a table of so many entries.
func (d *driver) hashing(entries int) *hashing {
	h := &hashing{types: d.Uint32() & (d.Uint32() | 0x1ff), mask: uint16(entries - 1), key: make([]byte, 40)}
	for range entries {
		h.table = append(h.table, uint16(d.IntN(d.opened())+one(d.emitter, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5)))
	}
	for i := range h.key {
		h.key[i] = byte(d.Uint32())
	}
	return h
}
