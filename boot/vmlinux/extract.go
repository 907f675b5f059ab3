package vmlinux

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// sizeMax bounds what a payload may say that it holds. Kernels have 20 to 100 MB.
const sizeMax = 1 << 30

// Extract writes the ELF kernel in the bzImage r, of size bytes, to w, and returns its length. It works as a stream: it
// holds the decompressor's window and no more. Relocation tables that the kernel's build appends come along behind the ELF.
//
// A payload compressed with bzip2, LZMA or LZO is an error, as no distribution ships it for x86 any more.
func Extract(w io.Writer, r io.ReaderAt, size int64) (int64, error) {
	p, err := findPayload(r, size)
	if err != nil {
		return 0, err
	}
	c, err := detect(p)
	if err != nil {
		return 0, err
	}
	kernel, err := c.open(p.reader(c))
	if err != nil {
		return 0, fmt.Errorf("kernel payload, %s: %w", c.name, err)
	}
	defer kernel.Close()
	n, err := io.Copy(w, io.LimitReader(&checkELF{r: kernel}, p.unpacked+1))
	if err != nil {
		return n, fmt.Errorf("kernel payload, %s, after %d of %d bytes: %w", c.name, n, p.unpacked, err)
	}
	if n != p.unpacked {
		return n, fmt.Errorf("kernel payload, %s: unpacks to %d bytes or more, and says that it has %d", c.name, n, p.unpacked)
	}
	return n, nil
}

// checkELF refuses a payload that does not begin as an ELF, before anything of it is written.
type checkELF struct {
	r       io.Reader
	checked bool
}

func (c *checkELF) Read(p []byte) (int, error) {
	if c.checked {
		return c.r.Read(p)
	}
	magic := make([]byte, 4)
	if _, err := io.ReadFull(c.r, magic); err != nil {
		return 0, err
	}
	if string(magic) != "\x7fELF" {
		return 0, fmt.Errorf("found %q at its start, expected an ELF", magic)
	}
	c.checked = true
	c.r = io.MultiReader(bytes.NewReader(magic), c.r)
	return c.r.Read(p)
}

var le = binary.LittleEndian
