package acpi

// Opcodes of methods and what they touch (20.2.5).
const (
	opMethod   = 0x14
	opLocal0   = 0x60
	opStore    = 0x70
	opAnd      = 0x7b
	opNotify   = 0x86
	opIf       = 0xa0
	opOpRegion = 0x80 // after opExt
	opField    = 0x81 // after opExt
	systemIO   = 1    // RegionSpace
	fieldDWord = 3    // AccessType DWordAcc, NoLock, Preserve
	serialized = 1 << 3
	null       = 0x00 // a target that is not wanted
	fieldBits  = 32   // as a package length, which below 64 is one byte
)

// method has its arguments' number in flags.
func method(s string, flags byte, terms ...aml) aml {
	return append(aml{opMethod}, sized(join(path(s), aml{flags}, join(terms...)))...)
}

// registers makes a region of I/O ports, and fields of four bytes each from its beginning on.
func registers(region string, base, size uint16, fields ...string) aml {
	list := join(path(region), aml{fieldDWord})
	for _, f := range fields {
		list = append(append(list, path(f)...), fieldBits)
	}
	return join(
		aml{opExt, opOpRegion}, path(region), aml{systemIO}, integer(uint64(base)), integer(uint64(size)),
		aml{opExt, opField}, sized(list))
}

func store(value, target aml) aml { return join(aml{opStore}, value, target) }

// ifBit runs then if a bit of Local0 is set.
func ifBit(bit int, then aml) aml {
	test := join(aml{opAnd, opLocal0}, integer(1<<bit), aml{null})
	return append(aml{opIf}, sized(join(test, then))...)
}

func notify(object string, value uint64) aml {
	return join(aml{opNotify}, path(object), integer(value))
}
