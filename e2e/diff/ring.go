package main

import "encoding/binary"

// A segment is a buffer of a chain.
type segment struct {
	addr  uint64
	len   uint32
	write bool // by the device
}

// A ring is the driver's side of a queue, written into a script: it decides where things go and reads nothing.
type ring interface {
	// add makes a chain available. The device is not told.
	add(chain []segment, indirect bool)
	// await has the script wait until the device has used all that was added.
	await()
	// look reads what the device wrote into the ring.
	look()
	// room is how many descriptors are free, as far as the script knows.
	room() int
	// done says that the device has used all that was added.
	done()
	// quiet asks for interrupts or not, in the ways that the features allow.
	quiet()
}

// Descriptor flags.
const (
	flagNext     = 1
	flagWrite    = 2
	flagIndirect = 4
)

func descriptor(addr uint64, n uint32, a, b uint16) []byte {
	out := binary.LittleEndian.AppendUint64(nil, addr)
	out = binary.LittleEndian.AppendUint32(out, n)
	out = binary.LittleEndian.AppendUint16(out, a)
	return binary.LittleEndian.AppendUint16(out, b)
}

func writeFlag(s segment) uint16 {
	if s.write {
		return flagWrite
	}
	return 0
}
