package args

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/virtio"
)

// Balloon is one -device virtio-balloon-pci with QEMU's properties and defaults.
type Balloon struct {
	Function
	IOThread      string // id of an -object iothread
	LongConfig    bool
	StatsInterval time.Duration // 0: never
}

func newBalloon(kind string) Device {
	b := &Balloon{Function: newFunction(kind)}
	b.Vectors = 0 // QEMU's has no MSI-X
	return b
}

func (b *Balloon) props() option.Props {
	p := b.Function.props()
	for _, name := range []string{"vectors", "ioeventfd"} { // as QEMU's has them neither
		delete(p, name)
	}
	for name, bit := range map[string]virtio.Feature{
		"deflate-on-oom": virtioballoon.DeflateOnOOM, "free-page-hint": virtioballoon.FreePageHint,
		"page-poison": virtioballoon.PagePoison, "free-page-reporting": virtioballoon.PageReporting,
	} {
		p[name] = b.setSwitch(bit)
	}
	p["iothread"], p["qemu-4-0-config-size"] = option.ToString(&b.IOThread), option.ToBool(&b.LongConfig)
	p["guest-stats-polling-interval"] = option.To(&b.StatsInterval, parseInterval)
	p["failover_pair_id"] = onlyEmpty
	return p
}

func (b *Balloon) check(m *Machine) error {
	another := func(d Device) bool { _, is := d.(*Balloon); return is }
	if err := m.checkIOThread(b.IOThread, &b.Ident); err != nil {
		return err
	}
	switch {
	case b.IOThread == "" && b.Switched[virtioballoon.FreePageHint]:
		return fmt.Errorf("-device %s: free-page-hint requires iothread to be set; add -object iothread,id=X and iothread=X", b.Kind)
	case slices.ContainsFunc(m.Devices, another):
		return fmt.Errorf("-device %s: only one balloon device is supported", b.Kind)
	}
	return b.Function.check()
}

// parseInterval takes seconds.
func parseInterval(s string) (time.Duration, error) {
	v, err := option.Int(s, 64)
	if err == nil && (v < 0 || v > math.MaxUint32) {
		err = errors.New("write seconds, from 0 (never) to 4294967295")
	}
	return time.Duration(v) * time.Second, err
}
