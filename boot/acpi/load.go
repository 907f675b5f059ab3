package acpi

import (
	"fmt"
	"io"
)

// A Place is where the tables go in guest-physical memory, all below 4 GiB: a multiple of 64 each.
type Place struct {
	Base, Size uint64 // the tables; the RSDP comes first
	FACS       uint64 // 64 bytes that an operating system must not reclaim
}

// alignment keeps every table at a multiple of what the FACS, the most demanding, wants.
const alignment = 64

// Load writes the tables for c into mem and returns the RSDP's address.
func Load(mem io.WriterAt, at Place, c Config) (uint64, error) {
	if at.Base%alignment != 0 || at.FACS%alignment != 0 || at.Base+at.Size > 1<<32 || at.FACS >= 1<<32 {
		return 0, fmt.Errorf("acpi: tables at %#x, FACS at %#x: must be multiples of %d below 4 GiB", at.Base, at.FACS, alignment)
	}
	if err := c.check(); err != nil {
		return 0, err
	}
	image := build(&c, at)
	if uint64(len(image)) > at.Size {
		return 0, fmt.Errorf("acpi: tables of %d bytes, %d CPUs: there is room for %d bytes", len(image), len(c.CPUs), at.Size)
	}
	if _, err := mem.WriteAt(image, int64(at.Base)); err != nil {
		return 0, fmt.Errorf("acpi: writing the tables: %w", err)
	}
	if _, err := mem.WriteAt(facs(), int64(at.FACS)); err != nil {
		return 0, fmt.Errorf("acpi: writing the FACS: %w", err)
	}
	return at.Base, nil
}

// build lays the tables out behind room for the RSDP, each before those that point to it.
func build(c *Config, at Place) []byte {
	image := make([]byte, alignment)
	add := func(t []byte) uint64 {
		addr := at.Base + uint64(len(image))
		image = append(image, t...)
		image = append(image, make([]byte, -len(image)&(alignment-1))...)
		return addr
	}
	fadt := add(fadt(c, add(dsdt(c)), at.FACS))
	madt := add(madt(c))
	copy(image, rsdp(add(rsdt(fadt, madt)), add(xsdt(fadt, madt))))
	return image
}
