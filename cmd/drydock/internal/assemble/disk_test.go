package assemble

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/devices/virtioblk"
	"github.com/drydock-vmm/drydock/virtio"
)

// diskFile is an image that begins with some bytes.
func diskFile(t *testing.T, begin string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, []byte(begin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestADiskIsMadeWithAQueueAndAVectorForEachCPU(t *testing.T) {
	path := diskFile(t, "", 1<<20)
	a := assembled(t, "-nodefaults -smp 3 -drive if=none,id=d,format=raw,file="+path+" -device virtio-blk-pci,drive=d,id=b0 -drive if=virtio,file=null-co://")
	if len(a.Config.Devices) != 2 {
		t.Fatalf("%d devices", len(a.Config.Devices))
	}
	d := a.Config.Devices[0]
	if d.ID != "b0" || d.Vectors != 4 || len(d.Info().Queues(virtio.Features{})) != 3 || !d.Info().Features.Has(virtioblk.MQ) {
		t.Errorf("%+v", d)
	}
	disks := a.Disks()
	if disks[0].Device == nil || disks[0].DevicePath != "/machine/peripheral/b0" || disks[0].Bytes != 1<<20 || disks[0].Path != path {
		t.Errorf("%+v", disks[0])
	}
	if disks[1].Device == nil || disks[1].Bytes != 1<<30 {
		t.Errorf("%+v", disks[1])
	}
}

func TestALegacyOnlyDiskOffersWhatQEMUsDoes(t *testing.T) {
	a := assembled(t, "-nodefaults -drive if=none,id=d,file=null-co:// -device virtio-blk-pci,drive=d,disable-modern=on")
	info := a.Config.Devices[0].Info()
	if all := info.Features.Or(info.Legacy); all.Has(virtio.Version1) || all.Has(virtio.AnyLayout) || !all.Has(virtioblk.SCSI) {
		t.Errorf("offers %v and %v", info.Features, info.Legacy)
	}
}

func TestTheCacheModeIsTheDrivesUnlessTheDeviceSaysAnother(t *testing.T) {
	const wce = 32 // of struct virtio_blk_config
	for _, tc := range []struct {
		cache, device string
		want          byte
	}{
		{"writeback", "auto", 1}, {"writethrough", "auto", 0}, {"writeback", "off", 0}, {"writethrough", "on", 1}, {"unsafe", "auto", 1},
	} {
		a := assembled(t, "-nodefaults -drive if=none,id=d,file=null-co://,cache="+tc.cache+" -device virtio-blk-pci,drive=d,write-cache="+tc.device)
		var b [1]byte
		if a.Config.Devices[0].Info().Config.Read(wce, b[:]); b[0] != tc.want {
			t.Errorf("cache=%s, write-cache=%s: wce is %d", tc.cache, tc.device, b[0])
		}
	}
}

func TestWhatIsWrongWithAnImageIsSaid(t *testing.T) {
	path := diskFile(t, "QFI\xfb", 1<<20)
	for line, want := range map[string][]string{
		"-drive if=none,id=d,file=/nonexistent/x":                                                        {"-drive id=d", "could not open '/nonexistent/x'", "no such file"},
		"-blockdev file,node-name=n,filename=/nonexistent/x":                                             {"-blockdev node-name=n", "/nonexistent/x"},
		"-drive if=virtio,file=" + path:                                                                  {"virtio0", "qcow2", "qemu-img convert -O raw", "format=raw"},
		"-drive if=virtio,format=raw,file=" + path + " -drive if=virtio,format=raw,file=" + path:         {"virtio1", `"write" lock`, path},
		"-drive if=none,id=d,format=raw,file=" + path + " -device virtio-blk-pci,drive=d,queue-size=100": {"virtio-blk-pci", "power of 2"},
		"-drive if=none,id=d,file=null-co:// -device virtio-blk-pci,drive=d,logical_block_size=4096":     {"logical_block_size 4096 > physical_block_size 512"},
		"-drive if=virtio,format=raw,file=/dev/null":                                                     {"neither a regular file nor a block device"},
	} {
		a, err := New(machine(t, "-nodefaults "+line), zerolog.Nop())
		if err == nil {
			t.Errorf("%s: no error", line)
			_ = a.Close()
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: error %q does not say %s", line, err, w)
			}
		}
	}
}

func TestAnImageOfWhichNobodySaidThatItIsRawIsWarnedOf(t *testing.T) {
	path := diskFile(t, "", 4096)
	var log bytes.Buffer
	a, err := New(machine(t, "-nodefaults -drive if=virtio,file="+path), zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "specify format=raw") {
		t.Errorf("log: %s", log.String())
	}
}

func TestASnapshotCanBeWrittenAndKeepsItsSize(t *testing.T) {
	path := diskFile(t, "", 1<<20)
	line := "-nodefaults -drive if=virtio,id=d,format=raw,snapshot=on,file=" + path
	a, b := assembled(t, line), assembled(t, line)
	for _, m := range []*Assembly{a, b} {
		if d := m.Disks()[0]; d.ReadOnly || d.Bytes != 1<<20 {
			t.Errorf("%+v", d)
		}
	}
	if err := a.ResizeDisk("d", 2<<20); err == nil {
		t.Error("a snapshot was resized")
	}
	if assembled(t, line+",readonly=on").Config.Devices[0].Info().Features.Has(virtioblk.RO) == false {
		t.Error("a read-only drive can be written")
	}
}

func TestADiskIsFreeWhenItsDeviceIsGone(t *testing.T) {
	path := diskFile(t, "", 1<<20)
	a := assembled(t, "-nodefaults -drive if=none,id=d,format=raw,file="+path)
	for range 2 {
		if _, err := a.AddDevice(list(t, "driver=virtio-blk-pci,id=b,drive=d")); err != nil {
			t.Fatal(err)
		}
		if _, err := a.AddDevice(list(t, "driver=virtio-blk-pci,drive=d")); err == nil {
			t.Error("a second device has the disk")
		}
		if err := a.RemoveDevice("b"); err != nil {
			t.Fatal(err)
		}
	}
	other := assembled(t, "-nodefaults -drive if=virtio,format=raw,file="+path)
	if _, err := a.AddDevice(list(t, "driver=virtio-blk-pci,id=b,drive=d")); err == nil || len(other.Config.Devices) != 1 {
		t.Error("two machines write to one image")
	}
}

func TestResizeFindsTheDiskByIDOrNode(t *testing.T) {
	path := diskFile(t, "", 1<<20)
	a := assembled(t, "-nodefaults -drive if=virtio,id=d,format=raw,file="+path+" -blockdev null-co,node-name=n,size=1M")
	for name, i := range map[string]int{"d": 0, "n": 1} {
		if err := a.ResizeDisk(name, 2<<20); err != nil || a.Disks()[i].Bytes != 2<<20 {
			t.Errorf("%s: %v, %+v", name, err, a.Disks()[i])
		}
	}
	if st, err := os.Stat(path); err != nil || st.Size() != 2<<20 {
		t.Errorf("the file: %v, %v", st, err)
	}
	if err := a.ResizeDisk("x", 512); !errors.Is(err, ErrNoDisk) {
		t.Errorf("got %v", err)
	}
	if err := a.ResizeDisk("d", 100); err == nil {
		t.Error("a size of 100 bytes was taken")
	}
}
