package initramfs

import (
	"fmt"
	"path/filepath"
	"slices"
)

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
