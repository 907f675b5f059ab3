package virtiopci

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

// variants are the ways to start QEMU's network card that were measured, with what a guest reads there. The bytes of
// configuration space are in testdata.
var variants = []struct {
	name   string
	change func(c *Config, f *fake)
	sizing [6]uint32 // of each BAR register after a write of ones
	rom    uint32
	offers uint32 // legacy host_features
	legacy string // the first 32 bytes of BAR0, byte by byte
}{
	{"default", nil, [6]uint32{0xffffffe1, 0xfffff000, 0, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"transitional", nil, [6]uint32{0xffffffe1, 0xfffff000, 0, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"non-transitional", func(c *Config, _ *fake) { c.DisableLegacy = true },
		[6]uint32{0, 0xfffff000, 0, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0, ""},
	{"disable-modern", func(c *Config, _ *fake) { c.DisableModern = true },
		[6]uint32{0xffffffe1, 0xfffff000, 0, 0, 0, 0}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"modern-pio-notify", func(c *Config, _ *fake) { c.ModernPIONotify = true },
		[6]uint32{0xffffffe1, 0xfffff000, 0xfffffffd, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"page-per-vq", func(c *Config, _ *fake) { c.PagePerVQ = true },
		[6]uint32{0xffffffe1, 0xfffff000, 0, 0, 0xff80000c, 0xffffffff}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"vectors-0", func(c *Config, _ *fake) { c.Vectors = 0 },
		[6]uint32{0xffffffe1, 0, 0, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0x79bf8064, plainLegacy},
	{"mq", onePairMQ, [6]uint32{0xffffffc1, 0xfffff000, 0, 0, 0xffffc00c, 0xffffffff}, 0xfffc0000, 0x79ff8064,
		"64ffffff00ffffff00ffffff00ff00ffffff000052540012345601000100ffff"},
	{"no-rom", func(c *Config, _ *fake) { c.ROMSize = 0 },
		[6]uint32{0xffffffe1, 0xfffff000, 0, 0, 0xffffc00c, 0xffffffff}, 0, 0x79bf8064, plainLegacy},
}

const (
	plainLegacy = "64ffffff00ffffff00ffffff00ff00ffffff00005254001234560100ffffffff"
	msixLegacy  = "64ffffff00ffffff00ffffff00ff03ffffff0000ffffffff5254001234560100" // after queue_sel = 3
)

// onePairMQ is mq=on with a backend of one queue pair.
func onePairMQ(_ *Config, f *fake) {
	f.info.Features = f.info.Features.With(featureMQ)
	f.info.Config = virtio.NewConfig(append(append([]byte(nil), netConfig...), 1, 0), nil)
	f.info.Queues = func(virtio.Features) []uint16 { return []uint16{256, 256, 64} }
}

func TestAFunctionSaysWhetherItsSlotMayHaveOthers(t *testing.T) {
	for _, on := range []bool{false, true} {
		r := newRig(t, func(c *Config, _ *fake) { c.Multifunction = on })
		var header [1]byte
		for range 2 {
			r.t.fn.ReadConfig(0x0e, header[:])
			if got := header[0] == 0x80; got != on || header[0]&0x7f != 0 {
				t.Errorf("multifunction=%v: the header type is %#x", on, header[0])
			}
			r.t.fn.Reset()
		}
	}
}

func TestAGuestReadsWhatQEMUShows(t *testing.T) {
	for _, v := range variants {
		t.Run("configuration space at reset: "+v.name, func(t *testing.T) {
			r := newRig(t, v.change)
			want := readHex(t, v.name)
			got := make([]byte, len(want))
			for i := 0; i < len(got); i += 4 {
				r.t.Function().ReadConfig(i, got[i:i+4])
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%swant\n%s", hex.Dump(got), hex.Dump(want))
			}
		})
		t.Run("sizes of the BARs: "+v.name, func(t *testing.T) {
			r := newRig(t, v.change)
			for i, want := range v.sizing {
				r.setConfig(0x10+4*i, 4, 0xffffffff)
				r.equal("BAR", uint64(r.config(0x10+4*i, 4)), uint64(want))
			}
			r.setConfig(0x30, 4, 0xfffff800)
			r.equal("ROM", uint64(r.config(0x30, 4)), uint64(v.rom))
		})
		t.Run("legacy registers at reset: "+v.name, func(t *testing.T) { checkLegacyReset(t, mappedRig(t, v.change), v.offers, v.legacy) })
		t.Run("modern registers at reset: "+v.name, func(t *testing.T) { checkModernReset(t, mappedRig(t, v.change)) })
	}
}

func checkLegacyReset(t *testing.T, r *rig, offers uint32, bytes string) {
	if !r.t.legacy {
		if _, _, ok := r.root.Lookup(pci.Ports, legacyPort); ok {
			t.Error("BAR0 answers")
		}
		return
	}
	r.equal("host_features", r.in(0, 4), uint64(offers))
	for i, want := range []uint64{256, 256, 64, 0} {
		r.out(14, 2, uint64(i))
		r.equal("queue_num", r.in(12, 2), want)
		r.equal("queue_pfn", r.in(8, 4), 0)
	}
	r.out(14, 2, 0)
	r.equalBytes(0, bytes)
	if r.t.msix != nil {
		r.vectors()
		r.out(14, 2, 3)
		r.equalBytes(0, msixLegacy)
	}
}

func (r *rig) equalBytes(off uint64, want string) {
	r.tb.Helper()
	got := make([]byte, len(want)/2)
	for i := range got {
		got[i] = byte(r.in(off+uint64(i), 1))
	}
	if hex.EncodeToString(got) != want {
		r.tb.Errorf("BAR0: got %x, want %s", got, want)
	}
}

func checkModernReset(t *testing.T, r *rig) {
	if len(r.t.modern) == 0 {
		if _, _, ok := r.root.Lookup(pci.Memory, modernAddr); ok {
			t.Error("BAR4 answers")
		}
		return
	}
	for i, want := range []uint32{r.device.info.Features.Word(0), 0x101, 0, 0} {
		r.write(rDeviceSelect, 4, uint64(i))
		r.equal("device_feature", r.read(rDevice, 4), uint64(want))
	}
	r.equal("config_msix_vector", r.read(rConfigVector, 2), 0xffff)
	r.equal("num_queues", r.read(rNumQueues, 2), 3)
	r.equal("device_status", r.read(rStatus, 1), 0)
	r.equal("config_generation", r.read(rGeneration, 1), 0)
	for i, size := range []uint64{256, 256, 64, 0, 0} {
		r.write(rSelect, 2, uint64(i))
		r.equal("queue_size", r.read(rSize, 2), size)
		r.equal("queue_msix_vector", r.read(rVector, 2), 0xffff)
		r.equal("queue_enable", r.read(rEnable, 2), 0)
		r.equal("queue_notify_off", r.read(common+0x1e, 2), uint64(i))
	}
	for off := uint64(0x38); off < 0x50; off++ {
		r.equal("common configuration behind the queue addresses", r.read(common+off, 1), 0)
	}
	n := uint64(r.device.info.Config.Len())
	r.equal("device configuration", r.read(rConfig, 8), 0x0001563412005452)
	r.equal("device configuration behind its end", r.read(rConfig+n, 8), ^uint64(0))
	r.equal("ISR", r.read(rISR, 1), 0)
}

var hexLine = regexp.MustCompile(`(?m)^[0-9a-f]{2}:((?: [0-9a-f]{2}){16})$`)

func readHex(t *testing.T, name string) (out []byte) {
	t.Helper()
	text, err := os.ReadFile("testdata/qemu-7.2/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range hexLine.FindAllStringSubmatch(string(text), -1) {
		b, err := hex.DecodeString(strings.ReplaceAll(m[1], " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	if len(out) != 256 {
		t.Fatalf("%s: %d bytes", name, len(out))
	}
	return out
}
