package initramfs

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Modules is the modules directory of one kernel, /lib/modules/RELEASE on most hosts. It is safe for concurrent use.
type Modules struct {
	dir     string
	paths   map[string]string   // module name to its path below dir
	deps    map[string][]string // path to the paths it needs; nil if the directory has no modules.dep
	builtin map[string]bool     // names that are part of the kernel image
}

// ReadModules reads a modules directory: modules.dep and modules.builtin. A freshly unpacked package has no modules.dep,
// because depmod writes that at installation; the modules are then found by their files, and their needs in
// themselves (modinfo's "depends").
func ReadModules(dir string) (*Modules, error) {
	m := &Modules{dir: dir, paths: make(map[string]string)}
	var err error
	if m.builtin, err = readBuiltin(filepath.Join(dir, "modules.builtin")); err != nil {
		return nil, fmt.Errorf("initramfs: modules directory %s: %w", dir, err)
	}
	if err = m.readDep(); errors.Is(err, fs.ErrNotExist) {
		err = m.walk()
	}
	if err != nil {
		return nil, fmt.Errorf("initramfs: modules directory %s: %w", dir, err)
	}
	return m, nil
}

// readBuiltin returns the names in modules.builtin, an empty set if there is no such file.
func readBuiltin(file string) (map[string]bool, error) {
	names := make(map[string]bool)
	err := eachLine(file, func(line string) error {
		names[moduleName(line)] = true
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return names, err
}

// readDep reads modules.dep, whose lines are "path: needed needed ...".
func (m *Modules) readDep() error {
	deps := make(map[string][]string)
	err := eachLine(filepath.Join(m.dir, "modules.dep"), func(line string) error {
		file, needs, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("modules.dep: no colon in line %q", line)
		}
		m.paths[moduleName(file)] = file
		deps[file] = strings.Fields(needs)
		return nil
	})
	if err == nil {
		m.deps = deps
	}
	return err
}

// walk finds all module files below the directory.
func (m *Modules) walk() error {
	err := filepath.WalkDir(m.dir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isModule(file) {
			rel, _ := filepath.Rel(m.dir, file)
			m.paths[moduleName(rel)] = rel
		}
		return err
	})
	if err == nil && len(m.paths) == 0 {
		return errors.New("holds no modules.dep and no modules (*.ko)")
	}
	return err
}

// Known reports whether the kernel has a module of that name, loadable or built in.
func (m *Modules) Known(name string) bool {
	name = moduleName(name)
	return m.builtin[name] || m.paths[name] != ""
}

// Add resolves the named modules and puts them, decompressed, into a under /lib/modules/RELEASE, where RELEASE is the name of the
// modules directory. It returns their guest paths in the order in which they load.
func (m *Modules) Add(a *Archive, names ...string) ([]string, error) {
	files, err := m.Resolve(names...)
	if err != nil {
		return nil, err
	}
	for i, file := range files {
		guest := filepath.Join("/lib/modules", filepath.Base(m.dir), trimCompression(file))
		if err := addModule(a, guest, filepath.Join(m.dir, file)); err != nil {
			return nil, err
		}
		files[i] = guest
	}
	return files, nil
}

// addModule streams a plain module from disk, and decompresses another now.
func addModule(a *Archive, guest, host string) error {
	if trimCompression(host) == host {
		return a.File(guest, 0o644, host)
	}
	content, err := readModule(host)
	if err != nil {
		return err
	}
	return a.Bytes(guest, 0o644, content)
}

// moduleName is the kernel's name of a module file: base name, no suffixes, '_' for '-'.
func moduleName(file string) string {
	base := strings.TrimSuffix(trimCompression(filepath.Base(file)), ".ko")
	return strings.ReplaceAll(base, "-", "_")
}

func isModule(file string) bool { return strings.HasSuffix(trimCompression(file), ".ko") }

// eachLine calls f for each line of a file that is not empty.
func eachLine(file string, f func(line string) error) error {
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	s := bufio.NewScanner(r)
	for s.Scan() {
		if s.Text() == "" {
			continue
		}
		if err := f(s.Text()); err != nil {
			return err
		}
	}
	return s.Err()
}
