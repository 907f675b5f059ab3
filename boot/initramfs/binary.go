package initramfs

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// AddBinary adds an executable of the host at the guest path name, with all that it needs to start: for an ELF file the
// program interpreter (PT_INTERP) and the shared libraries (DT_NEEDED, and theirs), at the paths where the host has
// them. Libraries that a program opens by name while it runs (dlopen) are not found; add those by File. A file that is
// not ELF is added alone.
func (a *Archive) AddBinary(name, host string) error {
	if err := a.File(name, 0o755, host); err != nil {
		return err
	}
	l := loader{a: a, done: make(map[string]string)}
	return l.file(host, nil)
}

// defaultLibDirs are searched when a binary names no directory itself, before those of ld.so.conf. The first ones are
// Debian's, the others those of Fedora and of musl.
var defaultLibDirs = []string{
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
}

// A loader finds what the dynamic linker would, ld.so(8).
type loader struct {
	a    *Archive
	done map[string]string // soname to its guest path
}

// file adds what the ELF file host needs. Its own run path, or else inherited (DT_RPATH of those that load it), is
// searched first.
func (l *loader) file(host string, inherited []string) error {
	f, err := elf.Open(host)
	if notELF(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := l.interpreter(f, host); err != nil {
		return err
	}
	needed, err := f.ImportedLibraries()
	if err != nil || len(needed) == 0 {
		return nil // no dynamic section: a static binary
	}
	dirs, inherited := searchDirs(f, host, inherited)
	for _, soname := range needed {
		if err := l.library(soname, host, dirs, inherited); err != nil {
			return err
		}
	}
	return nil
}

// notELF tells a script, or a file too short for a header, from one that cannot be read.
func notELF(err error) bool {
	var format *elf.FormatError
	return errors.As(err, &format) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// interpreter adds the dynamic linker itself.
func (l *loader) interpreter(f *elf.File, host string) error {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		if p.Filesz > 4096 { // PATH_MAX
			return fmt.Errorf("initramfs: %s: the name of its interpreter has %d bytes", host, p.Filesz)
		}
		name := make([]byte, p.Filesz)
		if _, err := p.ReadAt(name, 0); err != nil {
			return fmt.Errorf("initramfs: %s: name of its interpreter: %w", host, err)
		}
		interp := strings.TrimRight(string(name), "\x00")
		l.done[path.Base(interp)] = interp
		return l.a.File(interp, 0o755, interp)
	}
	return nil
}

// library adds one shared library and what it needs.
func (l *loader) library(soname, needer string, dirs, inherited []string) error {
	if l.done[soname] != "" {
		return nil
	}
	host, err := findLibrary(soname, needer, dirs)
	if err != nil {
		return err
	}
	l.done[soname] = guestPath(host)
	if err := l.a.File(guestPath(host), 0o755, host); err != nil {
		return err
	}
	return l.file(host, inherited)
}

// guestPath is where a library goes. A guest has no ld.so.cache, and without that the dynamic linker does not look into
// /usr/local/lib.
func guestPath(host string) string {
	if rest, ok := strings.CutPrefix(host, "/usr/local/lib/"); ok && !strings.Contains(rest, "/") {
		return "/usr/lib/" + rest
	}
	return host
}

// findLibrary returns the first file of that name which is an ELF file for x86-64: a host may hold those of other machines,
// too, and the dynamic linker passes over them.
func findLibrary(soname, needer string, dirs []string) (string, error) {
	if strings.Contains(soname, "/") {
		return soname, nil
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, soname)
		if f, err := elf.Open(file); err == nil {
			machine := f.Machine
			_ = f.Close()
			if machine == elf.EM_X86_64 {
				return file, nil
			}
		}
	}
	return "", fmt.Errorf("initramfs: library %s, which %s needs, is in none of %s", soname, needer, strings.Join(dirs, ", "))
}

// searchDirs returns where to look for the libraries of f, and what those inherit: DT_RPATH counts for a whole tree of
// libraries, DT_RUNPATH for one file, and switches DT_RPATH off.
func searchDirs(f *elf.File, host string, inherited []string) (dirs, pass []string) {
	pass = inherited
	if run := tagDirs(f, elf.DT_RUNPATH, host); run != nil {
		dirs = run
	} else {
		pass = append(tagDirs(f, elf.DT_RPATH, host), inherited...)
		dirs = pass
	}
	return append(append([]string(nil), dirs...), defaultLibDirs...), pass
}

// tagDirs reads a colon-separated list of directories from the dynamic section, with $ORIGIN resolved.
func tagDirs(f *elf.File, tag elf.DynTag, host string) []string {
	values, err := f.DynString(tag)
	if err != nil || len(values) == 0 {
		return nil
	}
	real, err := filepath.EvalSymlinks(host)
	if err != nil {
		real = host
	}
	expand := func(name string) string {
		if name == "ORIGIN" {
			return filepath.Dir(real)
		}
		return ""
	}
	var dirs []string
	for _, dir := range strings.Split(values[0], ":") {
		if dir != "" {
			dirs = append(dirs, os.Expand(dir, expand))
		}
	}
	return dirs
}
