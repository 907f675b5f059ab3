package assemble

import (
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtioballoon"
)

// balloon makes a balloon, which Balloon returns.
func (a *Assembly) balloon(c *args.Balloon) (p part, err error) {
	dev, err := virtioballoon.New(virtioballoon.Config{
		RAM: a.machine.RAM, Features: c.Offer(virtioballoon.DefaultFeatures), LongConfig: c.LongConfig, StatsInterval: c.StatsInterval,
		Changed: a.ballooned, Log: a.log,
	})
	if err != nil {
		return p, fmt.Errorf("-device %s: %w", c.Kind, err)
	}
	p.at, p.dev = c.Function, dev
	return p, nil
}

func (a *Assembly) ballooned(actual uint64) {
	if a.OnBalloon != nil {
		a.OnBalloon(actual)
	}
}

// Balloon is the machine's balloon, nil if it has none.
func (a *Assembly) Balloon() *virtioballoon.Device {
	for _, p := range a.parts {
		if b, ok := p.dev.(*virtioballoon.Device); ok {
			return b
		}
	}
	return nil
}
