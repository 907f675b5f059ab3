package boot

import (
	"io"

	"github.com/bobuhiro11/gokvm/bootparam"
)

// e820Max is how many ranges the zero page holds; a PVH start info of ours has room for the same.
const e820Max = bootparam.E820Max

// acpiRSDPAddr is where boot_params has acpi_rsdp_addr (protocol 2.14, zero-page.rst).
const acpiRSDPAddr = 0x70

// loaderUndefined is type_of_loader of a boot loader that has no number of its own.
const loaderUndefined = 0xff

// putZeroPage writes boot_params: the kernel's own header h as it came, filled in as a boot loader must.
func putZeroPage(mem io.WriterAt, h bootparam.SetupHeader, p Params, initrd Range) error {
	h.TypeOfLoader = loaderUndefined
	h.CmdlinePtr = cmdlineAddr
	h.SetupData = 0 // a list of the boot loader's, and we have none; whatever the file says would be followed
	h.RamdiskImage, h.RamdiskSize = uint32(initrd.Base), uint32(initrd.Size)
	zp := bootparam.BootParam{Hdr: h}
	for _, r := range p.Map {
		zp.AddE820Entry(r.Base, r.Size, uint32(r.Type))
	}
	le.PutUint64(zp.Padding[acpiRSDPAddr:], p.RSDP)
	b, err := zp.Bytes()
	if err != nil {
		return err
	}
	return put(mem, infoAddr, b, "zero page")
}

// startLinux writes all that the 64-bit boot protocol wants beside the kernel itself.
func startLinux(mem io.WriterAt, h bootparam.SetupHeader, p Params, initrd Range, rip uint64) (Entry, error) {
	e := longMode(rip)
	for _, step := range []func() error{
		func() error { return putGDT(mem, e) },
		func() error { return putPageTables(mem) },
		func() error { return putCmdline(mem, p.Cmdline) },
		func() error { return putInitrd(mem, p, initrd) },
		func() error { return putZeroPage(mem, h, p, initrd) },
	} {
		if err := step(); err != nil {
			return Entry{}, err
		}
	}
	return e, nil
}
