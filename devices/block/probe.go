package block

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Raw is the format that this package reads: the disk's bytes and nothing else.
const Raw = "raw"

// formats are the image formats that tell what they are near their beginning.
var formats = []struct {
	name  string
	at    int
	magic string
}{
	{"qcow2", 0, "QFI\xfb"},
	{"qed", 0, "QED\x00"},
	{"vmdk", 0, "KDMV"},
	{"vmdk", 0, "COWD"},
	{"vmdk", 0, "# Disk DescriptorFile"},
	{"vhdx", 0, "vhdxfile"},
	{"vpc", 0, "conectix"},
	{"vdi", 0x40, "\x7f\x10\xda\xbe"},
	{"luks", 0, "LUKS\xba\xbe"},
	{"parallels", 0, "WithoutFreeSpace"},
	{"parallels", 0, "WithouFreSpacExt"},
}

// probeLen is enough of a file for all of formats.
const probeLen = 128

// Probe says what format an image seems to have: one that QEMU names, or Raw, which is what is left. It can be mistaken about
// Raw only: a guest can write what it likes at the beginning of its disk.
func Probe(path string) (format string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("could not open '%s': %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	b := make([]byte, probeLen)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("could not read '%s': %w", path, err)
	}
	return formatOf(b[:n]), nil
}

func formatOf(b []byte) string {
	for _, f := range formats {
		if len(b) > f.at && bytes.HasPrefix(b[f.at:], []byte(f.magic)) {
			return f.name
		}
	}
	return Raw
}
