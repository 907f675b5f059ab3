package boot

import (
	"io"

	"github.com/bobuhiro11/gokvm/bootparam"
)

func (k *elfKernel) Kind() Kind { return k.kind }

func (k *elfKernel) Load(mem io.WriterAt, p Params) (Entry, error) {
	initrd, err := k.plan(p)
	if err != nil {
		return Entry{}, err
	}
	for _, s := range k.segments {
		r := io.NewSectionReader(k.r, int64(s.off), int64(s.fileSize))
		if err := fill(mem, s.addr, r, s.fileSize, "kernel"); err != nil {
			return Entry{}, err
		}
	}
	if k.kind == PVH {
		return startPVH(mem, p, initrd, k.notes.pvhEntry)
	}
	return startLinux(mem, vmlinuxHeader(), p, initrd, k.entry)
}

// plan checks that everything fits and says where the initrd goes.
func (k *elfKernel) plan(p Params) (Range, error) {
	for _, s := range k.segments {
		if err := checkRoom(p, Range{s.addr, s.memSize, RAM}); err != nil {
			return Range{}, err
		}
	}
	if err := checkCmdline(p.Cmdline, k.cmdlineMax()); err != nil {
		return Range{}, err
	}
	return placeInitrd(p, k.segments[len(k.segments)-1].end(), vmlinuxInitrdCeil)
}

// cmdlineMax is Linux's where the kernel is Linux or is started as one; other PVH guests have no limit of their own.
func (k *elfKernel) cmdlineMax() uint64 {
	if k.kind == PVH && !k.notes.linux {
		return cmdlineMax
	}
	return linuxCmdlineMax
}

// vmlinuxInitrdCeil is what 64-bit Linux has in initrd_addr_max, plus one.
const vmlinuxInitrdCeil = 0x80000000

// vmlinuxHeader is the setup header that a vmlinux, which has none, would have.
func vmlinuxHeader() bootparam.SetupHeader {
	return bootparam.SetupHeader{
		BootFlag:        bootFlag,
		Header:          bootparam.MagicSignature,
		Version:         protocol64,
		LoadFlags:       loadedHigh,
		KernelAlignment: 2 << 20,
		XloadFlags:      xlfKernel64,
		InitrdAddrMax:   vmlinuxInitrdCeil - 1,
		CmdlineSize:     linuxCmdlineMax,
	}
}
