package args

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtiorng"
)

// RNG is one -device virtio-rng-pci with QEMU's properties and defaults.
type RNG struct {
	Function
	Backend string // id of a RandomSource; "" is the host's kernel
	Limit   virtiorng.Limit
}

func newRNG(kind string) Device {
	return &RNG{Function: newFunction(kind), Limit: virtiorng.Unlimited}
}

func (r *RNG) props() option.Props {
	p := r.Function.props()
	p["rng"], p["max-bytes"], p["period"] = option.ToString(&r.Backend), option.To(&r.Limit.Bytes, parseMaxBytes), option.To(&r.Limit.Period, parsePeriod)
	p["failover_pair_id"] = onlyEmpty
	return p
}

func (r *RNG) check(m *Machine) error {
	if r.Backend != "" && m.randomSource(r.Backend) == nil {
		return fmt.Errorf("-device %s: rng=%s: there is no -object rng-random or rng-builtin with that id", r.Kind, r.Backend)
	}
	return r.Function.check()
}

func parseMaxBytes(s string) (uint64, error) {
	v, err := option.Uint(s, 64)
	if err == nil && v > math.MaxInt64 {
		err = errors.New("it must be less than 2^63")
	}
	return v, err
}

// parsePeriod takes milliseconds.
func parsePeriod(s string) (time.Duration, error) {
	v, err := option.Uint(s, 32)
	if err == nil && v == 0 {
		err = errors.New("write milliseconds, at least 1")
	}
	return time.Duration(v) * time.Millisecond, err
}
