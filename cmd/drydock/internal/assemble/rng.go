package assemble

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtiorng"
)

// rng makes an entropy device, with a file of its own if it takes its bytes from one.
func (a *Assembly) rng(c *args.RNG) (p part, err error) {
	config := virtiorng.Config{Features: c.Offer(virtiorng.DefaultFeatures), Limit: c.Limit}
	if path := a.machine.RandomFile(c); path != "" {
		file, err := virtiorng.OpenFile(path)
		if err != nil {
			return p, fmt.Errorf("-object rng-random,id=%s: %w", c.Backend, err)
		}
		config.Source, p.close = file, file.Close
	}
	dev, err := virtiorng.New(config)
	if err != nil {
		err = fmt.Errorf("-device %s: %w", c.Kind, err)
		if p.close != nil {
			err = errors.Join(err, p.close())
		}
		return part{}, err
	}
	p.at, p.dev = c.Function, dev
	return p, nil
}
