package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/virtio"
)

// diskInit finds the drivers of a disk and goes over to the root file system on it, as every distribution's initramfs does.
const diskInit = `#!/bin/sh
mount -t devtmpfs none /dev
while read module; do insmod "$module" || exit 1; done < /modules
while ! [ -b /dev/vda ]; do usleep 10000; done
mount -t ext4 /dev/vda /root || exit 1
exec switch_root /root /sbin/init
`

// diskImage is the initramfs of a kernel that boots from a virtio disk.
func diskImage(t *testing.T, kernel string) string {
	t.Helper()
	release := strings.TrimPrefix(filepath.Base(kernel), "vmlinuz-")
	modules, err := initramfs.ReadModules(filepath.Join(filepath.Dir(filepath.Dir(kernel)), "lib/modules", release))
	must(t, err)
	a := initramfs.New()
	busybox, err := exec.LookPath("busybox")
	must(t, err, a.AddBinary("/bin/busybox", busybox))
	for _, applet := range []string{"sh", "mount", "insmod", "usleep", "switch_root", "["} {
		must(t, a.Symlink("/bin/"+applet, "busybox"))
	}
	for _, dir := range []string{"/dev", "/root"} {
		must(t, a.Dir(dir, 0o755))
	}
	must(t, a.CharDev("/dev/console", 0o600, 5, 1), a.Bytes("/init", 0o755, []byte(diskInit)))
	files, err := modules.Add(a, known(modules, "virtio_pci", "virtio_blk", "ext4", "crc32c_generic")...)
	must(t, err, a.Bytes("/modules", 0o644, []byte(strings.Join(files, "\n")+"\n")))
	path := filepath.Join(t.TempDir(), "disk.cpio")
	f, err := os.Create(path)
	must(t, err)
	_, err = a.WriteTo(f)
	must(t, err, f.Close())
	return path
}

// known leaves out what is part of this kernel.
func known(m *initramfs.Modules, names ...string) (modules []string) {
	for _, name := range names {
		if m.Known(name) {
			modules = append(modules, name)
		}
	}
	return modules
}

// rootFileSystem is a copy of the image that .ci/rootfs makes.
func rootFileSystem(t *testing.T) string {
	t.Helper()
	from := os.Getenv("DRYDOCK_E2E_ROOTFS")
	if from == "" {
		t.Fatal("DRYDOCK_E2E_ROOTFS is empty: put the path of the image in it that .ci/rootfs makes")
	}
	in, err := os.Open(from)
	must(t, err)
	defer in.Close()
	path := filepath.Join(t.TempDir(), "root.ext4")
	out, err := os.Create(path)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err, out.Close())
	return path
}

var diskCases = []struct {
	name, kind, properties string
	modern, packed         bool
	kernel                 func(*testing.T) string
}{
	{"transitional", "virtio-blk-pci", "", true, false, plainKernel},
	{"legacy", "virtio-blk-pci", ",disable-modern=on", false, false, plainKernel},
	{"modern", "virtio-blk-pci-non-transitional", "", true, false, plainKernel},
	{"packed", "virtio-blk-pci", ",packed=on,num-queues=2", true, true, plainKernel},
	{"modern, the newest kernel", "virtio-blk-pci-non-transitional", "", true, false, newestKernel},
	{"packed, the newest kernel", "virtio-blk-pci", ",packed=on,num-queues=2", true, true, newestKernel},
}

// The second boot finds what the first has left: the file system came through a power-off.
func TestAStockKernelBootsFromADisk(t *testing.T) {
	for _, c := range diskCases {
		t.Run(c.name, func(t *testing.T) {
			kernel := c.kernel(t)
			words := []string{"boot", "-kernel", kernel, "-initrd", diskImage(t, kernel), "-nographic", "-nodefaults", "-smp", "2",
				"-append", "console=ttyS0 quiet", "-drive", "if=none,id=d0,format=raw,file=" + escape(rootFileSystem(t)),
				"-device", c.kind + ",drive=d0" + c.properties}
			first := drydock(t, words...)
			first.wantStatus(t, 0)
			wantDiskGuest(t, first.stdout, c.modern, c.packed)
			second := drydock(t, words...)
			second.wantStatus(t, 0)
			if !strings.Contains(second.stdout, "mark: left at ") {
				t.Errorf("the second boot does not find the first one's mark:\n%s", second.stdout)
			}
		})
	}
}

var featureLine = regexp.MustCompile(`features ([01]+)`)

func wantDiskGuest(t *testing.T, said string, modern, packed bool) {
	t.Helper()
	for _, what := range []string{"root of Debian", "/dev/vda / ext4 rw", "/data: OK"} {
		if !strings.Contains(said, what) {
			t.Errorf("the guest does not say %q:\n%s", what, said)
		}
	}
	bits := featureLine.FindStringSubmatch(said)
	if bits == nil {
		t.Fatalf("the guest does not tell the disk's features:\n%s", said)
	}
	for bit, want := range map[virtio.Feature]bool{virtio.Version1: modern, virtio.RingPacked: packed} {
		if got := bits[1][bit] == '1'; got != want {
			t.Errorf("%v negotiated: %v, want %v", bit, got, want)
		}
	}
}
