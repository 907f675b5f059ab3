package carrier

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/boot/initramfs"
)

// A File is a file or directory of the host, and its absolute path in the carrier.
type File struct{ Host, Guest string }

// ParseFile reads HOST or HOST:GUEST; without GUEST it has the same path.
func ParseFile(s string) (File, error) {
	host, guest, two := strings.Cut(s, ":")
	abs, err := filepath.Abs(host)
	if err != nil {
		return File{}, err
	}
	if !two {
		guest = abs
	}
	if host == "" || !filepath.IsAbs(guest) {
		return File{}, fmt.Errorf("file %q: give HOST or HOST:GUEST, where GUEST is an absolute path", s)
	}
	return File{abs, guest}, nil
}

// Add adds the file, and a directory with all that is in it. Programs bring their libraries.
func (f File) Add(a *initramfs.Archive) error {
	return filepath.WalkDir(f.Host, func(host string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(f.Host, host)
		if err != nil {
			return err
		}
		return addEntry(a, filepath.Join(f.Guest, rel), host)
	})
}

func addEntry(a *initramfs.Archive, guest, host string) error {
	fi, err := os.Stat(host)
	switch {
	case err != nil:
		return err
	case fi.IsDir():
		return a.Dir(guest, fi.Mode())
	case fi.Mode().IsRegular() && fi.Mode()&0o111 != 0:
		return a.AddBinary(guest, host)
	default:
		return a.File(guest, fi.Mode(), host)
	}
}

// A program is what a command line names first, as the carrier will find it.
type program struct {
	Name string // Argv[0]
	Host string // absolute path of what to bring in; "" if the carrier must have it
}

// findProgram looks for a command on the host. One with a slash is the host's; of another name the carrier's own comes first.
func findProgram(name string) (program, error) {
	host, err := exec.LookPath(name)
	if err == nil {
		host, err = filepath.Abs(host)
	}
	if strings.Contains(name, "/") {
		return program{Name: host, Host: host}, err
	}
	if err != nil {
		host = "" // the carrier's init says that there is none, with the status that a shell gives
	}
	return program{Name: name, Host: host}, nil
}

// searched is the PATH of the carrier's init.
var searched = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// bring adds the program to what goes into c, if c needs it, and returns Argv[0].
func (p program) bring(c *Carrier, a *initramfs.Archive) (string, error) {
	if p.Host == "" {
		return p.Name, nil
	}
	for _, dir := range searched {
		if !strings.Contains(p.Name, "/") && c.Has(filepath.Join(dir, p.Name)) {
			return p.Name, nil
		}
	}
	return p.Host, a.AddBinary(p.Host, p.Host)
}
