package pci

import "encoding/binary"

// Identity is the fixed part of a configuration header.
type Identity struct {
	Vendor, Device, SubVendor, SubDevice uint16
	Class                                uint32 // 24 bits: base class, sub-class, programming interface
	Revision                             uint8
	Pin                                  uint8 // interrupt pin: 1 is INTA, 0 none
}

// put writes the identity into a type 0 header (6.1).
func (id Identity) put(c *space) {
	binary.LittleEndian.PutUint16(c[regVendor:], id.Vendor)
	binary.LittleEndian.PutUint16(c[regDevice:], id.Device)
	binary.LittleEndian.PutUint32(c[regRevision:], id.Class<<8|uint32(id.Revision))
	binary.LittleEndian.PutUint16(c[regSubVendor:], id.SubVendor)
	binary.LittleEndian.PutUint16(c[regSubDevice:], id.SubDevice)
	c[regInterruptPin] = id.Pin
}
