package initramfs

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/u-root/u-root/pkg/cpio"
)

// maxFile is the greatest size of a file in newc, whose size field has eight hexadecimal digits.
const maxFile = 1<<32 - 1

// An Archive collects what an initial RAM file system holds. Names are absolute guest paths ("/etc/hosts"); the
// directories above a name are made with mode 0755 where they are not given. Adding a name twice replaces the first,
// so that a caller can overlay one set of files with another; a directory and something else under one name is an error.
//
// It is not safe for concurrent use.
type Archive struct {
	entries map[string]*entry
}

// An entry is one name of the archive.
type entry struct {
	record cpio.Record
	host   string // the file on the host that holds the content, if it is not in record
}

// New returns an empty archive.
func New() *Archive { return &Archive{entries: make(map[string]*entry)} }

// Dir adds a directory.
func (a *Archive) Dir(name string, perm fs.FileMode) error {
	return a.add(name, &entry{record: cpio.Directory("", unixMode(perm))})
}

// Bytes adds a file of the given content, which the archive keeps.
func (a *Archive) Bytes(name string, perm fs.FileMode, content []byte) error {
	info := cpio.Info{Mode: cpio.S_IFREG | unixMode(perm)}
	return a.add(name, &entry{record: cpio.StaticRecord(content, info)})
}

// File adds a regular file of the host, following symbolic links. Its content is read by WriteTo, not now; if the size
// has changed by then, WriteTo fails.
func (a *Archive) File(name string, perm fs.FileMode, host string) error {
	st, err := os.Stat(host)
	if err != nil {
		return fmt.Errorf("initramfs: %s: %w", name, err)
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("initramfs: %s: %s is a %s, not a regular file", name, host, kind(st.Mode()))
	}
	if st.Size() > maxFile {
		return fmt.Errorf("initramfs: %s: %s has %d bytes, and an archive holds files up to %d", name, host, st.Size(), maxFile)
	}
	info := cpio.Info{Mode: cpio.S_IFREG | unixMode(perm), FileSize: uint64(st.Size())}
	return a.add(name, &entry{record: cpio.Record{Info: info}, host: host})
}

// Symlink adds a symbolic link to target, which need not exist.
func (a *Archive) Symlink(name, target string) error {
	return a.add(name, &entry{record: cpio.Symlink("", target)})
}

// CharDev adds a character device node.
func (a *Archive) CharDev(name string, perm fs.FileMode, major, minor uint32) error {
	return a.add(name, &entry{record: cpio.CharDev("", unixMode(perm), uint64(major), uint64(minor))})
}

// Has reports whether the archive holds name.
func (a *Archive) Has(name string) bool {
	return a.entries[strings.TrimPrefix(path.Clean(name), "/")] != nil
}

// Names lists what the archive holds, in the order of the archive, without the leading slash.
func (a *Archive) Names() []string {
	// Sorted, a directory comes before all that it holds, as the kernel needs it.
	return slices.Sorted(maps.Keys(a.entries))
}

// add puts e under name, and the directories above it.
func (a *Archive) add(name string, e *entry) error {
	clean := path.Clean(name)
	if !path.IsAbs(clean) || clean == "/" || strings.ContainsRune(clean, 0) {
		return fmt.Errorf("initramfs: %q is no name of a file: give an absolute path in the guest", name)
	}
	rel := clean[1:]
	if old := a.entries[rel]; old != nil && old.isDir() != e.isDir() {
		return fmt.Errorf("initramfs: %s cannot be a directory and a file at once", clean)
	}
	if err := a.parents(path.Dir(clean)); err != nil {
		return err
	}
	e.record.Name = rel
	a.entries[rel] = e
	return nil
}

// parents makes dir and what is above it, as far as they are missing.
func (a *Archive) parents(dir string) error {
	if dir == "/" {
		return nil
	}
	if e := a.entries[dir[1:]]; e != nil {
		if !e.isDir() {
			return fmt.Errorf("initramfs: %s is not a directory in the archive, so nothing can be put below it", dir)
		}
		return nil
	}
	return a.Dir(dir, 0o755)
}

func (e *entry) isDir() bool { return e.record.Mode&cpio.S_IFMT == cpio.S_IFDIR }

// unixMode converts permission, set-id and sticky bits.
func unixMode(m fs.FileMode) uint64 {
	mode := uint64(m.Perm())
	for bit, unix := range map[fs.FileMode]uint64{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&bit != 0 {
			mode |= unix
		}
	}
	return mode
}

// kind names what a host path is, for an error.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&fs.ModeDevice != 0:
		return "device"
	default:
		return "special file"
	}
}

// WriteTo writes the archive. It can be called again, and gives the same bytes while the host's files are the same.
func (a *Archive) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	out := cpio.Newc.Writer(counted)
	for i, name := range a.Names() {
		if err := a.entries[name].writeTo(out, uint64(i+1)); err != nil {
			return counted.n, fmt.Errorf("initramfs: /%s: %w", name, err)
		}
	}
	return counted.n, cpio.WriteTrailer(out)
}

// writeTo writes the entry under an inode number of its own: the kernel takes equal numbers for hard links.
func (e *entry) writeTo(out cpio.RecordWriter, inode uint64) error {
	r := e.record
	r.Ino, r.NLink = inode, 1
	if e.isDir() {
		r.NLink = 2
	}
	if e.host == "" {
		return out.WriteRecord(r)
	}
	f, err := os.Open(e.host)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r.ReaderAt = io.NewSectionReader(f, 0, int64(r.FileSize))
	return out.WriteRecord(r)
}

// A counter counts what goes through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
