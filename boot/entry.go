package boot

// An Entry is the state in which the first CPU starts. What it does not name is as after reset: other general registers,
// debug registers and model specific registers. Interrupts are off.
type Entry struct {
	RIP, RSP, RSI, RBX, RFLAGS uint64
	CR0, CR3, CR4, EFER        uint64

	CS, DS, ES, FS, GS, SS, TR, LDT Segment
	GDT, IDT                        Table
}

// A Segment is a segment register with its hidden part, in the terms of Intel SDM 3A, 3.4.5 and of KVM's kvm_segment.
type Segment struct {
	Selector uint16
	Base     uint64
	Limit    uint32 // in bytes, whatever G says
	Type     uint8  // 4 bits
	DPL      uint8  // 2 bits
	S        bool   // code or data; else a system segment
	Present  bool
	AVL      bool
	L        bool // 64-bit code
	DB       bool // 32-bit
	G        bool
	Unusable bool
}

// A Table is where a descriptor table lies. Limit is its size in bytes less one.
type Table struct {
	Base  uint64
	Limit uint16
}

// Control register bits by their names in the manuals.
const (
	cr0PE = 1 << 0
	cr0ET = 1 << 4 // hard-wired on every CPU that has long mode
	cr0PG = 1 << 31

	cr4PAE = 1 << 5

	eferLME = 1 << 8
	eferLMA = 1 << 10

	rflagsFixed = 1 << 1
)

// Segment types (Intel SDM 3A, tables 3-1 and 3-2), accessed or busy: a CPU refuses a task register that is not busy.
const (
	typeData    = 0x3 // read, write
	typeCode    = 0xb // execute, read
	typeBusyTSS = 0xb
)

// longMode is the state of the Linux 64-bit boot protocol, 1.14 of boot.rst: paging with an identity map, flat segments
// with the selectors 0x10 and 0x18, RSI with the zero page.
func longMode(rip uint64) Entry {
	e := flat(rip)
	e.CS.L, e.CS.DB = true, false
	e.RSI = infoAddr
	e.CR0, e.CR3, e.CR4 = cr0PE|cr0ET|cr0PG, pageTableAddr, cr4PAE
	e.EFER = eferLME | eferLMA
	return e
}

// protectedMode is the state of the PVH protocol: 32 bits, no paging, EBX with the start info.
func protectedMode(rip uint64) Entry {
	e := flat(rip)
	e.RBX = infoAddr
	e.CR0 = cr0PE | cr0ET
	return e
}

// flat is what both have in common.
func flat(rip uint64) Entry {
	data := Segment{Selector: 0x18, Limit: 0xffffffff, Type: typeData, S: true, Present: true, DB: true, G: true}
	code := data
	code.Selector, code.Type = 0x10, typeCode
	return Entry{
		RIP: rip, RSP: stackTop, RFLAGS: rflagsFixed,
		CS: code, DS: data, ES: data, FS: data, GS: data, SS: data,
		TR:  Segment{Selector: 0x20, Limit: 0x67, Type: typeBusyTSS, Present: true},
		LDT: Segment{Unusable: true},
		GDT: Table{Base: gdtAddr, Limit: gdtEntries*8 - 1},
	}
}
