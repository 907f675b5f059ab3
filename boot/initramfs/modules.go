package initramfs

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// Resolve returns the modules that must be loaded for the named ones, each once and after all that it needs, as paths
// below the modules directory. Names may be spelled with '-' or '_'. What is built into the kernel needs nothing.
func (m *Modules) Resolve(names ...string) ([]string, error) {
	r := resolution{m: m, seen: make(map[string]bool)}
	for _, name := range names {
		if err := r.name(name, ""); err != nil {
			return nil, err
		}
	}
	return r.order, nil
}

// Known reports whether the kernel has a module of that name, loadable or built in.
func (m *Modules) Known(name string) bool {
	name = moduleName(name)
	return m.builtin[name] || m.paths[name] != ""
}

// A resolution is one call of Resolve.
type resolution struct {
	m     *Modules
	seen  map[string]bool
	order []string
}

// name resolves a module by name; needer, if not empty, is the path of the module that needs it.
func (r *resolution) name(name, needer string) error {
	name = moduleName(name)
	if r.m.builtin[name] {
		return nil
	}
	file := r.m.paths[name]
	switch {
	case file != "":
		return r.path(file)
	case needer != "":
		return fmt.Errorf("initramfs: module %s, which %s needs, is not in %s", name, needer, r.m.dir)
	default:
		return fmt.Errorf("initramfs: no module %s in %s, and it is not built into that kernel", name, r.m.dir)
	}
}

// path appends what file needs, then file.
func (r *resolution) path(file string) error {
	if r.seen[file] {
		return nil
	}
	r.seen[file] = true
	needs, err := r.m.needs(file)
	if err != nil {
		return err
	}
	for _, need := range needs {
		if err := r.name(need, file); err != nil {
			return err
		}
	}
	r.order = append(r.order, file)
	return nil
}

// needs returns the names of the modules that file depends on. kmod loads a line of modules.dep from its end.
func (m *Modules) needs(file string) ([]string, error) {
	if m.deps == nil {
		return modinfoDepends(filepath.Join(m.dir, file))
	}
	needs := slices.Clone(m.deps[file])
	slices.Reverse(needs)
	return needs, nil
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
