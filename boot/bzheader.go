package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bobuhiro11/gokvm/bootparam"
)

// Where the setup header lies in a bzImage, and bits of its fields (boot.rst, "The Real-Mode Kernel Header").
const (
	headerOff     = 0x1f1
	headerSize    = 0x26c - headerOff // as of protocol 2.15
	jumpOff       = 0x201             // distance from 0x202 to the end of the header that this kernel has
	magicOff      = 0x202
	loadedHigh    = bootparam.LoadedHigh // loadflags
	xlfKernel64   = 1 << 0               // xloadflags: there is a 64-bit entry at 0x200
	protocol64    = 0x20c
	bootFlag      = 0xaa55
	entry64Off    = 0x200
	sector        = 512
	syssizeUnit   = 16
	setupSectsOld = 4 // what a setup_sects of 0 means
)

func isBzImage(head []byte) bool {
	return len(head) >= magicOff+4 && le.Uint32(head[magicOff:]) == bootparam.MagicSignature
}

// parseHeader decodes the setup header. Fields that this kernel's header is too short for are 0: the bytes there are code.
func parseHeader(head []byte) (h bootparam.SetupHeader, err error) {
	end := magicOff + int(head[jumpOff])
	if end > len(head) {
		return h, truncated("bzImage", int64(end), int64(len(head)))
	}
	var b [headerSize]byte
	copy(b[:], head[headerOff:end])
	if err := binary.Read(bytes.NewReader(b[:]), binary.LittleEndian, &h); err != nil {
		return h, fmt.Errorf("setup header: %w", err)
	}
	return h, checkHeader(h)
}

// checkHeader refuses kernels that cannot be started in 64-bit mode.
func checkHeader(h bootparam.SetupHeader) error {
	want := "a 64-bit bzImage (boot protocol 2.12 or later with XLF_KERNEL_64)"
	switch {
	case h.BootFlag != bootFlag:
		return &FileError{fmt.Sprintf("a bzImage with boot_flag %#x", h.BootFlag), fmt.Sprintf("%#x", bootFlag)}
	case h.Version < protocol64:
		return &FileError{fmt.Sprintf("a bzImage of boot protocol %d.%d", h.Version>>8, h.Version&0xff), want}
	case h.LoadFlags&loadedHigh == 0:
		return &FileError{"a zImage, which loads below 1 MiB", want}
	case h.XloadFlags&xlfKernel64 == 0:
		return &FileError{fmt.Sprintf("a 32-bit bzImage (xloadflags %#x)", h.XloadFlags), want}
	case h.RelocatableKernel != 0 && (h.KernelAlignment == 0 || h.KernelAlignment&(h.KernelAlignment-1) != 0):
		return &FileError{fmt.Sprintf("a bzImage with kernel_alignment %#x", h.KernelAlignment), "a power of two"}
	}
	return nil
}

func truncated(what string, says, has int64) error {
	return &FileError{fmt.Sprintf("a truncated %s: its header says %d bytes, the file has %d", what, says, has), "the whole file"}
}
