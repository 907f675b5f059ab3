package args

import (
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtioballoon"
)

func TestABalloonHasQEMUsProperties(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -object iothread,id=io -device virtio-balloon-pci,deflate-on-oom=on,free-page-reporting=on,"+
		"free-page-hint=on,iothread=io,page-poison=off,guest-stats-polling-interval=5,qemu-4-0-config-size=on")
	if err != nil {
		t.Fatal(err)
	}
	b := m.Devices[0].(*Balloon)
	want := virtioballoon.DefaultFeatures.Without(virtioballoon.PagePoison).
		With(virtioballoon.DeflateOnOOM, virtioballoon.PageReporting, virtioballoon.FreePageHint)
	if got := b.Offer(virtioballoon.DefaultFeatures); got != want || b.StatsInterval != 5*time.Second || !b.LongConfig || b.Vectors != 0 {
		t.Errorf("%+v offers %v", b, got)
	}
}

func TestWhatABalloonCannotBeIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		"-device virtio-balloon-pci,free-page-hint=on":                     "requires iothread",
		"-device virtio-balloon-pci,iothread=io":                           "no -object iothread",
		"-device virtio-balloon-pci -device virtio-balloon-pci":            "only one balloon",
		"-device virtio-balloon-pci,guest-stats-polling-interval=-1":       "from 0 (never)",
		"-device virtio-balloon-pci,vectors=2":                             `"vectors"`,
		"-object iothread":                                                 "it needs id=",
		"-object iothread,id=io,poll=1":                                    `"poll"`,
		"-device virtio-balloon-pci-transitional,free-page-hint=on,addr=5": "requires iothread",
	} {
		if _, _, err := parse(t, "-nodefaults "+line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}
