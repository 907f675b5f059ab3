package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// diskFile is the name of the image in a machine's directory, diskSize what it holds.
const (
	diskFile = "disk.img"
	diskSize = 4 << 20
)

// diskImage is the same for both machines. No two of its 16-byte words are equal, so that data from a wrong place shows.
func diskImage() []byte {
	var b bytes.Buffer
	for at := uint64(0); at < diskSize; at += 16 {
		b.Write(binary.LittleEndian.AppendUint64(nil, at))
		b.WriteString("drydock!")
	}
	return b.Bytes()
}

// files compares what the two disks hold.
func (p *pair) files() (*difference, error) {
	a, err := os.ReadFile(filepath.Join(p.qemu.dir, diskFile))
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(p.drydock.dir, diskFile))
	if err != nil {
		return nil, err
	}
	for at := 0; at < max(len(a), len(b)); at += sectorSize {
		if x, y := sectorAt(a, at), sectorAt(b, at); !bytes.Equal(x, y) {
			return &difference{qemu: fmt.Sprintf("sector %d %x", at/sectorSize, x), drydock: fmt.Sprintf("sector %d %x", at/sectorSize, y)}, nil
		}
	}
	return nil, nil
}

// sectorAt is shorter, or nothing, where the file ends.
func sectorAt(file []byte, at int) []byte {
	return file[min(at, len(file)):min(at+sectorSize, len(file))]
}
