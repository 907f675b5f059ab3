package boot

import "fmt"

// checkRoom refuses a memory map without room for the kernel or for what Load puts below it.
func checkRoom(p Params, kernel Range) error {
	if err := p.Map.check(); err != nil {
		return err
	}
	if !p.Map.isRAM(0, lowBootEnd) {
		return fmt.Errorf("memory map: no RAM in the first %#x bytes, where the boot data goes", lowBootEnd)
	}
	if kernel.Base < kernelMin {
		return &FileError{fmt.Sprintf("a kernel for address %#x", kernel.Base), fmt.Sprintf("one that loads at %#x or above", kernelMin)}
	}
	if !p.Map.isRAM(kernel.Base, kernel.Size) {
		return fmt.Errorf("the kernel does not fit: it needs %d bytes at %#x, RAM below 4 GiB ends at %#x; give the machine more memory",
			kernel.Size, kernel.Base, p.Map.lowEnd())
	}
	return nil
}
