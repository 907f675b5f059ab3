package guestimage

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
)

// DefaultPort is the name of the virtio console port between the guest's init and drydock run.
const DefaultPort = "org.drydock.run"

// Modules are what a guest needs to speak with us: they are loaded in every guest, if they are not built into its kernel.
var Modules = []string{"virtio_pci", "virtio_console", "virtio_net", "virtio_blk", "virtio_rng", "virtio_balloon", "af_packet"}

// Options say what to pack.
type Options struct {
	Kernel hostkernel.Kernel
	// Argv is the command. If Argv[0] is not an applet of busybox, it is taken from the host, with its libraries.
	Argv []string
	// Files are more files of the host; programs bring their libraries.
	Files []File
	// Modules are loaded besides the package's own.
	Modules []string
	// Port is the name of the virtio console port; empty for DefaultPort.
	Port string
	// Self is the binary that becomes /init; empty for this one.
	Self string
	// Busybox is a static busybox; empty for the one in PATH, "none" for none.
	Busybox string
	// Serve makes a guest that runs one command after another, until its host ends it.
	Serve bool
}

// A File is a file of the host and its absolute path in the guest; empty for the same path.
type File struct{ Host, Guest string }

// ParseFile reads HOST or HOST:GUEST.
func ParseFile(s string) (File, error) {
	host, guest, two := strings.Cut(s, ":")
	if host == "" || two && !filepath.IsAbs(guest) {
		return File{}, fmt.Errorf("file %q: give HOST or HOST:GUEST, where GUEST is an absolute path", s)
	}
	return File{host, guest}, nil
}

// An Image is what Build made.
type Image struct {
	*initramfs.Archive
	// Argv is the command as the guest finds it: a relative path on the host has become absolute.
	Argv []string
}

// Build collects the image. Files of the host are read when the archive is written, not before.
func Build(o Options) (*Image, error) {
	img := &Image{Archive: initramfs.New(), Argv: slices.Clone(o.Argv)}
	for _, step := range []func(*Options) error{img.base, img.self, img.modules, img.busybox, img.files, img.command} {
		if err := step(&o); err != nil {
			return nil, err
		}
	}
	return img, nil
}

// self adds the init. It brings its libraries, if it was linked to any.
func (img *Image) self(o *Options) error {
	self := o.Self
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return fmt.Errorf("find this binary: %w", err)
		}
	}
	return img.AddBinary("/init", self)
}

// modules adds the modules and the manifest, which has their order. A kernel that comes without modules must have the drivers
// built in; its init says so if the port does not appear.
func (img *Image) modules(o *Options) error {
	manifest := guestinit.Manifest{Port: o.Port, Serve: o.Serve}
	if manifest.Port == "" {
		manifest.Port = DefaultPort
	}
	if o.Kernel.ModulesDir != "" {
		m, err := initramfs.ReadModules(o.Kernel.ModulesDir)
		if err != nil {
			return err
		}
		if manifest.Modules, err = m.Add(img.Archive, append(wanted(m), o.Modules...)...); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(manifest, "", "\t")
	if err != nil {
		return err
	}
	return img.Bytes(guestinit.ManifestPath, 0o644, text)
}

// wanted are those of Modules that this kernel knows: one that a configuration has left out (CONFIG_PACKET=n) is missed only
// when it is used. Modules that the user names are not forgiven.
func wanted(m *initramfs.Modules) []string {
	return slices.DeleteFunc(slices.Clone(Modules), func(name string) bool { return !m.Known(name) })
}

// files adds what the user asked for.
func (img *Image) files(o *Options) error {
	for _, f := range o.Files {
		host, err := filepath.Abs(f.Host)
		if err != nil {
			return err
		}
		guest := f.Guest
		if guest == "" {
			guest = host
		}
		if err := img.hostFile(guest, host); err != nil {
			return err
		}
	}
	return nil
}

// hostFile adds one file, with its libraries and its mode if it is a program.
func (img *Image) hostFile(guest, host string) error {
	st, err := os.Stat(host)
	if err != nil {
		return err
	}
	if st.Mode()&0o111 != 0 && st.Mode().IsRegular() {
		return img.AddBinary(guest, host)
	}
	return img.File(guest, st.Mode().Perm(), host)
}
