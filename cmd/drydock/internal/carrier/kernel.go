package carrier

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
)

// KernelPath is where a carrier has its own kernel, or one of Config.Kernels.
func KernelPath(k hostkernel.Kernel) string {
	if k.Release == "" {
		return "/boot/" + filepath.Base(k.Path)
	}
	return "/boot/vmlinuz-" + k.Release
}

// addKernels adds all kernels that drydock run can boot in a carrier.
func addKernels(a *initramfs.Archive, c Config) error {
	err := addKernel(a, c.Kernel, slices.Concat(loaded, present)...)
	for _, k := range c.Kernels {
		err = errors.Join(err, addKernel(a, k))
	}
	return err
}

// addKernel adds a kernel and those of its modules that a guest of drydock run needs, or that modules names, so that
// hostkernel finds it there. Modules that the kernel does not know are left out.
func addKernel(a *initramfs.Archive, k hostkernel.Kernel, modules ...string) error {
	if err := a.File(KernelPath(k), 0o644, k.Path); err != nil || k.ModulesDir == "" {
		return err
	}
	m, err := initramfs.ReadModules(k.ModulesDir)
	if err != nil {
		return err
	}
	names := slices.Concat(guestimage.Modules, modules)
	names = slices.DeleteFunc(names, func(name string) bool { return !m.Known(name) })
	files, err := m.Add(a, names...)
	if err != nil {
		return err
	}
	return addModuleLists(a, k, m, files)
}

// addModuleLists adds modules.builtin as it is, and a modules.dep of the files that were added.
func addModuleLists(a *initramfs.Archive, k hostkernel.Kernel, m *initramfs.Modules, files []string) error {
	dir := path.Join("/lib/modules", filepath.Base(k.ModulesDir))
	var dep bytes.Buffer
	for _, file := range files {
		needs, err := m.Resolve(strings.TrimSuffix(path.Base(file), ".ko"))
		if err != nil {
			return err
		}
		slices.Reverse(needs) // modules.dep is in the order of unloading
		fmt.Fprintf(&dep, "%s:", strings.TrimPrefix(file, dir+"/"))
		for _, need := range needs[1:] {
			fmt.Fprintf(&dep, " %s", plainModule(need))
		}
		dep.WriteByte('\n')
	}
	if err := a.Bytes(dir+"/modules.dep", 0o644, dep.Bytes()); err != nil {
		return err
	}
	builtin := filepath.Join(k.ModulesDir, "modules.builtin")
	if !exists(builtin) {
		return nil
	}
	return a.File(dir+"/modules.builtin", 0o644, builtin)
}

// plainModule is the name of a module file without the suffix of its compression.
func plainModule(file string) string {
	i := strings.LastIndex(file, ".ko")
	return file[:i+len(".ko")]
}
