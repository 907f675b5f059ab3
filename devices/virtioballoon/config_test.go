package virtioballoon

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestATargetIsWhatTheGuestIsToKeep(t *testing.T) {
	for name, c := range map[string]struct {
		target uint64
		pages  uint32
	}{
		"half":                      {ramSize / 2, ramSize / 2 / pageSize},
		"all":                       {ramSize, 0},
		"more than there is":        {ramSize + 1, 0},
		"part of a page":            {ramSize - pageSize - 1, 1},
		"nothing, which is ignored": {0, 7},
	} {
		t.Run(name, func(t *testing.T) {
			d := device(t, Config{Features: DefaultFeatures})
			d.SetTarget(ramSize - 7*pageSize)
			d.SetTarget(c.target)
			if got := d.field(configNumPages); got != c.pages {
				t.Errorf("num_pages is %d, want %d", got, c.pages)
			}
		})
	}
}

func TestADriverHearsOfANewTargetAndOneThatIsGoneDoesNot(t *testing.T) {
	d := start(t, Config{Features: DefaultFeatures})
	d.dev.SetTarget(1 << 20)
	<-d.ConfigChanged()
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	d.dev.SetTarget(2 << 20)
	if n := d.ConfigChanges(); n != 1 {
		t.Errorf("%d configuration changes, want 1", n)
	}
	if got, want := d.dev.field(configNumPages), uint32((ramSize-2<<20)/pageSize); got != want {
		t.Errorf("num_pages is %d, want %d", got, want)
	}
}

func TestTheGuestSaysHowMuchItHasGivenUp(t *testing.T) {
	var said []uint64
	d := device(t, Config{Changed: func(actual uint64) { said = append(said, actual) }})
	space := d.Info().Config
	space.Write(virtio.Features{}, configActual, list(10))
	space.Write(virtio.Features{}, configActual, list(10))
	space.Write(virtio.Features{}, configNumPages, list(99))
	if len(said) != 1 || said[0] != ramSize-10*pageSize || d.Actual() != said[0] {
		t.Errorf("told of %v, and Actual is %d", said, d.Actual())
	}
	if n := d.field(configNumPages); n != 0 {
		t.Errorf("the driver changed num_pages to %d", n)
	}
}

func TestAGuestThatGaveUpMoreThanThereIsHasNothing(t *testing.T) {
	d := device(t, Config{})
	d.Info().Config.Write(virtio.Features{}, configActual, list(0xffffffff))
	if got := d.Actual(); got != 0 {
		t.Errorf("Actual is %d", got)
	}
}

func TestPoisonIsKeptOfADriverThatAcceptedItUntilReset(t *testing.T) {
	d := device(t, Config{Features: DefaultFeatures})
	info := d.Info()
	for name, c := range map[string]struct {
		accepted virtio.Features
		want     uint32
	}{
		"accepted": {virtio.FeaturesOf(PagePoison), 0x11223344},
		"not":      {virtio.Features{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			info.Config.Write(c.accepted, configPoison, list(0x11223344))
			if got := d.field(configPoison); got != c.want {
				t.Errorf("poison is %#x, want %#x", got, c.want)
			}
			info.Reset()
			if got := d.field(configPoison); got != 0 {
				t.Errorf("poison is %#x after a reset", got)
			}
		})
	}
}
