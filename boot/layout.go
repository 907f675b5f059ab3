package boot

// What Load writes below 1 MiB. All of it is RAM in the memory map: a kernel may use it again once it has read it.
const (
	gdtAddr       = 0x6000
	infoAddr      = 0x7000 // zero page, or PVH start info with its tables
	stackTop      = 0x9000 // of a one-page stack: a kernel's first instructions may push
	pageTableAddr = 0x9000 // PML4, page-directory pointers, four page directories: up to 0xf000
	cmdlineAddr   = 0x20000
	cmdlineMax    = 0xffff // bytes without the NUL
	lowBootEnd    = 0x30000

	// kernelMin is where kernels may begin: below are our own structures and the ISA hole.
	kernelMin = 0x100000
)

// The address map of the machine, as plain numbers. The rest of the program takes them from here, so that the memory
// map, the ACPI tables and the address decoder cannot disagree.
const (
	LowRAMEnd = 0x9fc00 // RAM below the ISA hole ends where a PC's EBDA starts

	// ACPIBase is the area for package boot/acpi: the RSDP comes first, where an operating system that is told
	// nothing searches for it (ACPI 6.5, 5.2.5.1).
	ACPIBase, ACPISize = 0xe0000, 0xf000
	// FACSBase is a page apart, because the firmware control structure must outlive the reclaim of the tables.
	FACSBase, FACSSize = 0xef000, 0x1000

	HighRAMBase = 0x100000   // RAM continues here
	PCIBase     = 0xc0000000 // RAM below 4 GiB ends here at the latest, the PCI window starts
	PCIEnd      = 0xfec00000 // where the window ends: the I/O APIC
	RAM4GBase   = 1 << 32    // what did not fit below PCIBase continues here

	// HostPagesBase is for the four pages that a hypervisor needs in the guest's address space to run real mode on
	// old Intel CPUs (KVM_SET_IDENTITY_MAP_ADDR one page, KVM_SET_TSS_ADDR three). Where QEMU has them.
	HostPagesBase, HostPagesSize = 0xfeffc000, 0x4000
)

const pageSize = 4096

// alignUp expects a power of two and an n far from overflow.
func alignUp(n, align uint64) uint64 { return (n + align - 1) &^ (align - 1) }
