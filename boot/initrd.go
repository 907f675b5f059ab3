package boot

import (
	"fmt"
	"io"
)

// placeInitrd puts the initial RAM disk as high as it may go: a kernel decompresses, and moves itself, upwards. ceil is
// the first address that it must not reach, kernelEnd where the kernel's own memory ends. Without one it is empty, at 0.
func placeInitrd(p Params, kernelEnd, ceil uint64) (Range, error) {
	if p.InitrdSize == 0 {
		return Range{}, nil
	}
	if p.InitrdSize < 0 || p.Initrd == nil {
		return Range{}, fmt.Errorf("initrd of %d bytes without its content", p.InitrdSize)
	}
	size := uint64(p.InitrdSize)
	base, ok := p.Map.highest(size, kernelEnd, ceil)
	if !ok {
		return Range{}, fmt.Errorf("initrd of %d bytes does not fit: the kernel takes memory up to %#x, RAM below 4 GiB ends at %#x, the kernel reads an initrd up to %#x; give the machine more memory",
			size, kernelEnd, p.Map.lowEnd(), ceil)
	}
	return Range{base, size, RAM}, nil
}

func putInitrd(mem io.WriterAt, p Params, at Range) error {
	if at.Size == 0 {
		return nil
	}
	return fill(mem, at.Base, p.Initrd, at.Size, "initrd")
}
