package boot

import (
	"bytes"
	"unicode/utf8"
)

// A FileError says that a file is not the kernel that it should be: of another kind, for another machine, or damaged.
type FileError struct {
	Found, Want string
}

func (e *FileError) Error() string {
	return "not a kernel to start: found " + e.Found + "; expected " + e.Want
}

// magics are the files that people pass for a kernel by mistake.
var magics = []struct {
	off   int
	magic string
	what  string
}{
	{0, "\x1f\x8b", "gzip data: an initrd, or a kernel to unpack first"},
	{0, "\xfd7zXZ\x00", "xz data: an initrd, or a kernel to unpack first"},
	{0, "\x28\xb5\x2f\xfd", "zstd data: an initrd, or a kernel to unpack first"},
	{0, "\x02\x21\x4c\x18", "lz4 data: an initrd, or a kernel to unpack first"},
	{0, "\x04\x22\x4d\x18", "lz4 data: an initrd, or a kernel to unpack first"},
	{0, "BZh", "bzip2 data: an initrd, or a kernel to unpack first"},
	{0, "07070", "a cpio archive: an initrd"},
	{0, "QFI\xfb", "a qcow2 disk image"},
	{0, "!<arch>\n", "an archive: a Debian package or a library"},
	{0, "PK\x03\x04", "a zip archive"},
	{56, "ARM\x64", "a Linux kernel for ARM64"},
	{56, "RSC\x05", "a Linux kernel for RISC-V"},
	{0, "MZ", "an EFI or Windows program without a Linux boot header"},
	{510, "\x55\xaa", "a boot sector or disk image"},
}

// describe names what a file that is no kernel looks like.
func describe(head []byte) string {
	if len(head) == 0 {
		return "an empty file"
	}
	for _, m := range magics {
		if len(head) > m.off && bytes.HasPrefix(head[m.off:], []byte(m.magic)) {
			return m.what
		}
	}
	return describeText(head)
}

func describeText(head []byte) string {
	start := bytes.ToLower(bytes.TrimSpace(head[:min(len(head), 64)]))
	switch {
	case bytes.HasPrefix(start, []byte("<!doctype")), bytes.HasPrefix(start, []byte("<html")):
		return "an HTML page"
	case bytes.HasPrefix(start, []byte("#!")):
		return "a script"
	case len(bytes.Trim(head, "\x00")) == 0:
		return "zeros"
	case isText(head):
		return "text"
	}
	return "data of no known kind"
}

// isText forgives a rune that the end of head cuts.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(head) || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		head = head[n:]
	}
	return true
}
