package initramfs

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// tree writes a modules directory and reads it.
func tree(t *testing.T, files map[string]string) *Modules {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "6.1.0-test")
	for name, content := range files {
		file := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644))
	}
	m, err := ReadModules(dir)
	must(t, err)
	return m
}

const dep = `kernel/a-one.ko: kernel/b.ko.xz kernel/c.ko
kernel/b.ko.xz: kernel/c.ko
kernel/c.ko:
kernel/loop1.ko: kernel/loop2.ko
kernel/loop2.ko: kernel/loop1.ko
kernel/bad.ko: kernel/gone.ko
`

func TestModulesLoadAfterWhatTheyNeed(t *testing.T) {
	m := tree(t, map[string]string{"modules.dep": dep, "modules.builtin": "kernel/net/packet/af_packet.ko\n"})
	for name, c := range map[string]struct{ names, want []string }{
		"a chain of dependencies":         {[]string{"a-one"}, []string{"kernel/c.ko", "kernel/b.ko.xz", "kernel/a-one.ko"}},
		"a dash and an underscore":        {[]string{"a_one"}, []string{"kernel/c.ko", "kernel/b.ko.xz", "kernel/a-one.ko"}},
		"one that is there already":       {[]string{"c", "b", "c"}, []string{"kernel/c.ko", "kernel/b.ko.xz"}},
		"one that is built in":            {[]string{"af-packet"}, nil},
		"two that need each other":        {[]string{"loop1"}, []string{"kernel/loop2.ko", "kernel/loop1.ko"}},
		"none, for no name is asked":      {nil, nil},
		"two names with a common need":    {[]string{"b", "a_one"}, []string{"kernel/c.ko", "kernel/b.ko.xz", "kernel/a-one.ko"}},
		"a built-in one before a module":  {[]string{"af_packet", "c"}, []string{"kernel/c.ko"}},
		"a name with its file's suffix":   {[]string{"c.ko"}, []string{"kernel/c.ko"}},
		"a name with compression's, too":  {[]string{"b.ko.xz"}, []string{"kernel/c.ko", "kernel/b.ko.xz"}},
		"a needed one that is named last": {[]string{"b", "c"}, []string{"kernel/c.ko", "kernel/b.ko.xz"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.Resolve(c.names...)
			must(t, err)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAMissingModuleIsAnErrorThatNamesItAndTheDirectory(t *testing.T) {
	m := tree(t, map[string]string{"modules.dep": dep})
	for module, says := range map[string]string{"nosuch": "no module nosuch in " + m.dir, "bad": "gone, which kernel/bad.ko needs"} {
		if _, err := m.Resolve(module); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want one that says %q", module, err, says)
		}
		if m.Known("nosuch") || !m.Known("a_one") {
			t.Error("Known does not know what Resolve knows")
		}
	}
	if _, err := ReadModules(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no modules.dep and no modules") {
		t.Errorf("an empty directory: %v", err)
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "modules.dep"), []byte("nonsense\n"), 0o644))
	if _, err := ReadModules(dir); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("a line without a colon: %v", err)
	}
}

// moduleXZ is "module" as `xz --check=crc32 --lzma2=dict=1MiB` packs it, which is how a kernel's build packs its modules.
//
//go:embed testdata/module.ko.xz
var moduleXZ string

func TestCompressedModulesArePackedPlain(t *testing.T) {
	compress := func(open func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		w := open(&b)
		_, err := io.WriteString(w, "module")
		must(t, err, w.Close())
		return b.String()
	}
	m := tree(t, map[string]string{
		"modules.dep": "k/g.ko.gz:\nk/x.ko.xz:\nk/z.ko.zst:\nk/p.ko:\nk/bad.ko.xz:\n",
		"k/p.ko":      "module",
		"k/bad.ko.xz": "this is no xz",
		"k/g.ko.gz":   compress(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"k/x.ko.xz":   moduleXZ,
		"k/z.ko.zst":  compress(func(w io.Writer) io.WriteCloser { z, err := zstd.NewWriter(w); must(t, err); return z }),
	})
	a := New()
	order, err := m.Add(a, "p", "g", "x", "z")
	must(t, err)
	const dir = "/lib/modules/6.1.0-test/k/"
	if diff := cmp.Diff([]string{dir + "p.ko", dir + "g.ko", dir + "x.ko", dir + "z.ko"}, order); diff != "" {
		t.Error(diff)
	}
	packed := strings.Join(listing(t, pack(t, a)), "\n")
	for _, name := range order {
		if !strings.Contains(packed, name[1:]+` "module"`) {
			t.Errorf("%s is not packed plain:\n%s", name, packed)
		}
	}
	if _, err := m.Add(a, "bad"); err == nil || !strings.Contains(err.Error(), "decompress") {
		t.Errorf("damaged module: %v", err)
	}
}

// installed is the modules directory of a kernel, with depmod's files: DRYDOCK_TEST_MODULES, which make test sets, or one that is
// installed on this machine.
func installed(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("DRYDOCK_TEST_MODULES"); dir != "" {
		return dir
	}
	dirs, err := filepath.Glob("/lib/modules/*/modules.dep")
	must(t, err)
	if len(dirs) == 0 {
		t.Fatal("no kernel's modules on this machine: name their directory in DRYDOCK_TEST_MODULES, or apt-get install linux-image-cloud-amd64")
	}
	return filepath.Dir(dirs[len(dirs)-1])
}

func TestTheInstalledKernelsModulesResolveTheSameWithAndWithoutDepmod(t *testing.T) {
	dir := installed(t)
	withDep, err := ReadModules(dir)
	must(t, err)
	bare := filepath.Join(t.TempDir(), filepath.Base(dir))
	must(t, os.Mkdir(bare, 0o755))
	for _, name := range []string{"kernel", "modules.builtin"} {
		must(t, os.Symlink(filepath.Join(dir, name), filepath.Join(bare, name)))
	}
	must(t, os.Remove(filepath.Join(bare, "kernel")), copyModules(filepath.Join(dir, "kernel"), filepath.Join(bare, "kernel")))
	without, err := ReadModules(bare)
	must(t, err)
	want := []string{"virtio_pci", "virtio_net", "virtio_console", "af_packet"}
	one, err := withDep.Resolve(want...)
	must(t, err)
	two, err := without.Resolve(want...)
	must(t, err)
	position := make(map[string]int)
	for i, file := range one {
		position[moduleName(file)] = i + 1
	}
	for _, pair := range [][2]string{{"virtio", "virtio_pci"}, {"virtio_ring", "virtio_net"}, {"net_failover", "virtio_net"}, {"failover", "net_failover"}} {
		if position[pair[0]] == 0 || position[pair[0]] > position[pair[1]] {
			t.Errorf("%s does not load before %s: %v", pair[0], pair[1], one)
		}
	}
	sorted := cmp.Transformer("sort", func(s []string) map[string]int {
		m := make(map[string]int)
		for _, f := range s {
			m[f]++
		}
		return m
	})
	if diff := cmp.Diff(one, two, sorted); diff != "" {
		t.Error(diff)
	}
}

// copyModules links the virtio and failover modules into another tree, with the paths they have.
func copyModules(from, to string) error {
	return filepath.WalkDir(from, func(file string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.Contains(file, "virtio") && !strings.Contains(file, "failover") {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, rel)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), content, 0o644)
	})
}
