package guestimage

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
	"github.com/google/go-cmp/cmp"
	"github.com/u-root/u-root/pkg/cpio"
)

// host is a directory with what a test packs: modules, a busybox that lists two applets, and some programs.
type host struct{ dir string }

func newHost(t *testing.T) host {
	t.Helper()
	h := host{t.TempDir()}
	h.put(t, "modules/6.1.0/modules.dep", "kernel/virtio_pci.ko: kernel/virtio.ko\nkernel/virtio.ko:\nkernel/virtio_net.ko: kernel/virtio.ko\nkernel/tun.ko:\n", 0o644)
	h.put(t, "modules/6.1.0/modules.builtin", "kernel/net/packet/af_packet.ko\n", 0o644)
	for _, name := range []string{"virtio", "virtio_pci", "virtio_net", "tun"} {
		h.put(t, "modules/6.1.0/kernel/"+name+".ko", name, 0o644)
	}
	h.put(t, "busybox", "#!/bin/sh\nprintf 'usr/bin/env\\nbin/sh\\nbin/busybox\\n'\n", 0o755)
	h.put(t, "self", "this binary", 0o755)
	return h
}

func (h host) put(t *testing.T, name, content string, perm os.FileMode) string {
	t.Helper()
	file := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), perm); err != nil {
		t.Fatal(err)
	}
	return file
}

func (h host) options(argv ...string) Options {
	return Options{
		Kernel: hostkernel.Kernel{ModulesDir: filepath.Join(h.dir, "modules/6.1.0")},
		Self:   filepath.Join(h.dir, "self"), Busybox: filepath.Join(h.dir, "busybox"), Argv: argv,
	}
}

// unpack returns the contents of an image's files and the targets of its links, by name.
func unpack(t *testing.T, img *Image) map[string]string {
	t.Helper()
	var b bytes.Buffer
	if _, err := img.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	err := cpio.ForEachRecord(cpio.Newc.Reader(bytes.NewReader(b.Bytes())), func(r cpio.Record) error {
		content, err := io.ReadAll(io.NewSectionReader(r, 0, int64(r.FileSize)))
		files["/"+r.Name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func build(t *testing.T, o Options) *Image {
	t.Helper()
	img, err := Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestAnImageHoldsTheInitItsManifestAndTheApplets(t *testing.T) {
	o := newHost(t).options("sh", "-c", "true")
	o.Modules = []string{"tun"}
	files := unpack(t, build(t, o))
	for name, want := range map[string]string{"/init": "this binary", "/usr/bin/env": "/bin/busybox", "/bin/sh": "/bin/busybox"} {
		if files[name] != want {
			t.Errorf("%s holds %q, want %q", name, files[name], want)
		}
	}
	var m guestinit.Manifest
	if err := json.Unmarshal([]byte(files[guestinit.ManifestPath]), &m); err != nil {
		t.Fatal(err)
	}
	const dir = "/lib/modules/6.1.0/kernel/"
	want := guestinit.Manifest{Port: DefaultPort, Modules: []string{dir + "virtio.ko", dir + "virtio_pci.ko", dir + "virtio_net.ko", dir + "tun.ko"}}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if files[dir+"tun.ko"] != "tun" {
		t.Errorf("tun.ko holds %q", files[dir+"tun.ko"])
	}
}

func TestAnImageHasThePlacesThatProgramsExpect(t *testing.T) {
	files := unpack(t, build(t, newHost(t).options("sh")))
	for _, name := range []string{"/dev", "/mnt", "/proc", "/root", "/run", "/sys", "/tmp", "/var/tmp", "/etc/passwd"} {
		if _, ok := files[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestTheCommandIsPackedIfTheGuestLacksIt(t *testing.T) {
	h := newHost(t)
	tool := h.put(t, "bin/tool", "#!/bin/sh\n", 0o755)
	t.Setenv("PATH", filepath.Dir(tool)+":"+os.Getenv("PATH"))
	t.Chdir(h.dir)
	for name, c := range map[string]struct {
		argv0, want0 string
		packed       map[string]string
	}{
		"an applet stays busybox's":           {"env", "env", nil},
		"an applet by its path":               {"/usr/bin/env", "/usr/bin/env", nil},
		"a program of the host by name":       {"tool", "tool", map[string]string{tool: "#!/bin/sh\n", "/usr/local/bin/tool": tool}},
		"a program by a relative path":        {"./bin/tool", tool, map[string]string{tool: "#!/bin/sh\n"}},
		"a program by its path":               {tool, tool, map[string]string{tool: "#!/bin/sh\n"}},
		"one that is nowhere is left to fail": {"nosuch", "nosuch", nil},
	} {
		t.Run(name, func(t *testing.T) {
			img := build(t, h.options(c.argv0, "x"))
			if img.Argv[0] != c.want0 || img.Argv[1] != "x" {
				t.Errorf("command %v, want %s", img.Argv, c.want0)
			}
			files := unpack(t, img)
			for name, want := range c.packed {
				if files[name] != want {
					t.Errorf("%s holds %q, want %q", name, files[name], want)
				}
			}
			if _, ok := files[tool]; ok && c.packed == nil {
				t.Error("the host's program is packed, too")
			}
		})
	}
}

func TestAScriptBringsItsInterpreter(t *testing.T) {
	h := newHost(t)
	interpreter := h.put(t, "lang", "interpreter", 0o755)
	script := h.put(t, "script", "#! "+interpreter+" -x\n", 0o755)
	if files := unpack(t, build(t, h.options(script))); files[interpreter] != "interpreter" {
		t.Errorf("%s holds %q", interpreter, files[interpreter])
	}
}

func TestFilesOfTheUserArePacked(t *testing.T) {
	h := newHost(t)
	file := h.put(t, "data", "content", 0o600)
	o := h.options()
	for _, s := range []string{file, file + ":/etc/data"} {
		f, err := ParseFile(s)
		if err != nil {
			t.Fatal(err)
		}
		o.Files = append(o.Files, f)
	}
	files := unpack(t, build(t, o))
	if files[file] != "content" || files["/etc/data"] != "content" {
		t.Errorf("got %q and %q", files[file], files["/etc/data"])
	}
	for _, s := range []string{"", ":/x", "a:b"} {
		if _, err := ParseFile(s); err == nil {
			t.Errorf("%q is taken for a file", s)
		}
	}
}

func TestAKernelWithoutModulesGetsNone(t *testing.T) {
	o := newHost(t).options()
	o.Kernel.ModulesDir = ""
	img := build(t, o)
	if i := slices.IndexFunc(img.Names(), func(n string) bool { return strings.HasSuffix(n, ".ko") }); i >= 0 {
		t.Errorf("packed %s", img.Names()[i])
	}
}

func TestBuildRefuses(t *testing.T) {
	h := newHost(t)
	for name, c := range map[string]struct {
		change func(o *Options)
		says   string
	}{
		"a module that the kernel does not have": {func(o *Options) { o.Modules = []string{"nosuch"} }, "no module nosuch"},
		"a file that is missing":                 {func(o *Options) { o.Files = []File{{"/nosuch/file", ""}} }, "/nosuch/file"},
		"a directory without modules":            {func(o *Options) { o.Kernel.ModulesDir = t.TempDir() }, "no modules"},
		"a busybox that is missing":              {func(o *Options) { o.Busybox = "/nosuch/busybox" }, "/nosuch/busybox"},
		"a busybox that is none":                 {func(o *Options) { o.Busybox = "/bin/false" }, "is it a busybox?"},
	} {
		t.Run(name, func(t *testing.T) {
			o := h.options()
			c.change(&o)
			if _, err := Build(o); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestThisMachinesOwnKernelAndBusyboxMakeAnImage(t *testing.T) {
	k, err := hostkernel.Host{}.Find("")
	if err != nil {
		t.Fatal(err)
	}
	names := build(t, Options{Kernel: k, Argv: []string{"uname"}}).Names()
	for _, want := range []string{"virtio_console.ko", "virtio_net.ko", "virtio_pci.ko"} {
		if !slices.ContainsFunc(names, func(n string) bool { return filepath.Base(n) == want }) {
			t.Errorf("no %s in the image", want)
		}
	}
	if !slices.Contains(names, "bin/sh") {
		t.Error("no shell in the image: is busybox-static installed?")
	}
}
