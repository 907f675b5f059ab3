package boot

import "io"

// Xen's start_info.h: struct hvm_start_info, version 1, its module list and memory map, in that order from infoAddr.
const (
	startMagic     = 0x336ec578
	startVersion   = 1
	modlistAddr    = infoAddr + 64
	modlistSize    = 32
	pvhMemmapAddr  = modlistAddr + modlistSize
	pvhMemmapEntry = 24
)

// putStartInfo writes the structure that EBX points to.
func putStartInfo(mem io.WriterAt, p Params, initrd Range) error {
	b := make([]byte, 0, pvhMemmapAddr-infoAddr+len(p.Map)*pvhMemmapEntry)
	modules, modlist := uint32(0), uint64(0)
	if initrd.Size > 0 {
		modules, modlist = 1, modlistAddr
	}
	b = le.AppendUint32(b, startMagic)
	b = le.AppendUint32(b, startVersion)
	b = le.AppendUint32(b, 0) // flags: this is no privileged domain
	b = le.AppendUint32(b, modules)
	b = le.AppendUint64(b, modlist)
	b = le.AppendUint64(b, cmdlineAddr)
	b = le.AppendUint64(b, p.RSDP)
	b = le.AppendUint64(b, pvhMemmapAddr)
	b = le.AppendUint32(b, uint32(len(p.Map)))
	b = append(b, make([]byte, modlistAddr-infoAddr-len(b))...)
	b = le.AppendUint64(b, initrd.Base)
	b = le.AppendUint64(b, initrd.Size)
	b = append(b, make([]byte, 16)...) // no command line for the module
	return put(mem, infoAddr, appendMemmap(b, p.Map), "PVH start info")
}

// appendMemmap adds hvm_memmap_table_entry structures. Their types are e820's.
func appendMemmap(b []byte, m MemoryMap) []byte {
	for _, r := range m {
		b = le.AppendUint64(b, r.Base)
		b = le.AppendUint64(b, r.Size)
		b = le.AppendUint64(b, uint64(r.Type)) // and four reserved bytes
	}
	return b
}

// startPVH writes all that the PVH protocol wants beside the kernel itself.
func startPVH(mem io.WriterAt, p Params, initrd Range, rip uint64) (Entry, error) {
	e := protectedMode(rip)
	for _, step := range []func() error{
		func() error { return putGDT(mem, e) },
		func() error { return putCmdline(mem, p.Cmdline) },
		func() error { return putInitrd(mem, p, initrd) },
		func() error { return putStartInfo(mem, p, initrd) },
	} {
		if err := step(); err != nil {
			return Entry{}, err
		}
	}
	return e, nil
}
