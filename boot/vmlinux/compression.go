package vmlinux

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/therootcompany/xz"
)

// A compression is one that a kernel's build offers (init/Kconfig, KERNEL_GZIP and so on).
type compression struct {
	name      string
	magic     string
	ownLength bool                                   // the format itself ends with the length
	open      func(io.Reader) (io.ReadCloser, error) // nil where we cannot
}

// windowMax bounds what a stream may make a decompressor allocate: the build's zstd -22 --ultra takes 128 MiB.
const windowMax = 128 << 20

var compressions = []compression{
	{"gzip", "\x1f\x8b", true, openGzip},
	{"LZ4", "\x02\x21\x4c\x18", false, openLZ4},
	{"xz", "\xfd7zXZ\x00", false, openXZ},
	{"zstd", "\x28\xb5\x2f\xfd", false, openZstd},
	{"bzip2", "BZh", false, nil},
	{"LZMA", "\x5d\x00\x00", false, nil},
	{"LZO", "\x89LZO", false, nil},
}

// detect finds the compression by the payload's first bytes.
func detect(p payload) (*compression, error) {
	for i, c := range compressions {
		if !bytes.HasPrefix(p.magic[:], []byte(c.magic)) {
			continue
		}
		if c.open == nil {
			return nil, fmt.Errorf("kernel compressed with %s: only gzip, LZ4, xz and zstd can be unpacked here", c.name)
		}
		return &compressions[i], nil
	}
	return nil, fmt.Errorf("kernel payload begins with % x, which is no known compression", p.magic)
}

func openGzip(r io.Reader) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return z, nil
}

func openLZ4(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(lz4.NewReader(r)), nil }

// openXZ takes a library that knows the x86 branch filter, which a kernel's build puts before the compression.
func openXZ(r io.Reader) (io.ReadCloser, error) {
	z, err := xz.NewReader(r, windowMax)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(z), nil
}

// openZstd decodes in the caller's goroutine: none is left behind when a copy fails.
func openZstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(windowMax))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
