package initramfs

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// maxModule bounds a decompressed module, so that a damaged or hostile file cannot take all memory. The greatest module
// of Debian 12 (amdgpu) has 20 MiB without debug information.
const maxModule = 256 << 20

// decompressors are the kinds of CONFIG_MODULE_COMPRESS.
var decompressors = map[string]func(io.Reader) (io.Reader, error){
	".gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	".xz":  func(r io.Reader) (io.Reader, error) { return xz.NewReader(r, xz.DefaultDictMax) },
	".zst": zstdReader,
}

// zstdReader decodes in the calling goroutine: a decoder with workers would have to be closed.
func zstdReader(r io.Reader) (io.Reader, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxModule))
}

// trimCompression removes the suffix of a compressed file.
func trimCompression(file string) string {
	for suffix := range decompressors {
		if plain, ok := strings.CutSuffix(file, suffix); ok {
			return plain
		}
	}
	return file
}

// readModule returns a module file's content, decompressed.
func readModule(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("initramfs: %w", err)
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if open := decompressors[file[len(trimCompression(file)):]]; open != nil {
		if r, err = open(f); err != nil {
			return nil, fmt.Errorf("initramfs: decompress %s: %w", file, err)
		}
	}
	content, err := io.ReadAll(io.LimitReader(r, maxModule+1))
	if err != nil {
		return nil, fmt.Errorf("initramfs: decompress %s: %w", file, err)
	}
	if len(content) > maxModule {
		return nil, fmt.Errorf("initramfs: module %s has more than %d bytes", file, maxModule)
	}
	return content, nil
}

// modinfoDepends returns the names of the modules that a module file itself says it needs.
func modinfoDepends(file string) ([]string, error) {
	content, err := readModule(file)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("initramfs: module %s: %w", file, err)
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("initramfs: module %s has no .modinfo section: is it a kernel module?", file)
	}
	info, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("initramfs: module %s: %w", file, err)
	}
	return parseDepends(info), nil
}

// parseDepends finds "depends=a,b" among the NUL-terminated strings of .modinfo.
func parseDepends(info []byte) []string {
	for field := range bytes.SplitSeq(info, []byte{0}) {
		if value, ok := strings.CutPrefix(string(field), "depends="); ok {
			return strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
		}
	}
	return nil
}
