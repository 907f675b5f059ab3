package main

import (
	"time"

	"github.com/drydock-vmm/drydock/devices/virtioballoon"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// SetBalloon is balloon.
func (b *backend) SetBalloon(target uint64) error {
	return b.onBalloon(func(d *virtioballoon.Device) { d.SetTarget(target) })
}

// Balloon is query-balloon.
func (b *backend) Balloon() (actual uint64, err error) {
	err = b.onBalloon(func(d *virtioballoon.Device) { actual = d.Actual() })
	return actual, err
}

func (b *backend) onBalloon(f func(*virtioballoon.Device)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := b.assembly.Balloon()
	if d == nil {
		return qmp.ErrNoBalloon
	}
	f(d)
	return nil
}

// ballooned is told by the balloon.
func (b *backend) ballooned(actual uint64) {
	b.emit(qmp.Event{Name: "BALLOON_CHANGE", Limit: "BALLOON_CHANGE", Data: qmp.BalloonInfo{Actual: actual}})
}

// The properties of a balloon that change while a machine runs.
const (
	guestStats   = "guest-stats"
	pollInterval = "guest-stats-polling-interval" // in seconds
)

// Property is qom-get. But for their types, balloons alone have properties to be asked for.
func (b *backend) Property(path, name string) (any, error) {
	o, err := b.object(path)
	switch balloon, ok := o.device.(*virtioballoon.Device); {
	case err != nil:
		return nil, err
	case name == typeProperty:
		return o.kind, nil
	case ok && name == guestStats:
		return statsOf(balloon.Stats()), nil
	case ok && name == pollInterval:
		return int64(balloon.StatsInterval() / time.Second), nil
	}
	return nil, qmp.NoProperty(o.kind, name)
}

// SetProperty is qom-set.
func (b *backend) SetProperty(path, name string, decode func(any) error) error {
	o, err := b.object(path)
	switch balloon, ok := o.device.(*virtioballoon.Device); {
	case err != nil:
		return err
	case name == typeProperty, ok && name == guestStats:
		return qmp.Errorf("Property '%s.%s' is not writable", o.kind, name)
	case ok && name == pollInterval:
		return setInterval(balloon, decode)
	}
	return qmp.NoProperty(o.kind, name)
}

func setInterval(d *virtioballoon.Device, decode func(any) error) error {
	var seconds int64
	if err := decode(&seconds); err != nil {
		return err
	}
	const limit = 1 << 32 // of seconds, which a Duration holds
	switch {
	case seconds < 0:
		return qmp.Errorf("timer value must be greater than zero")
	case seconds >= limit:
		return qmp.Errorf("timer value is too big")
	}
	return d.SetStatsInterval(time.Duration(seconds) * time.Second)
}

// guestStatistics is the value of guest-stats. What the guest did not say is the largest number.
type guestStatistics struct {
	Stats      map[string]uint64 `json:"stats"`
	LastUpdate int64             `json:"last-update"` // in seconds since 1970; 0: never
}

func statsOf(s virtioballoon.Stats) guestStatistics {
	g := guestStatistics{Stats: map[string]uint64{}}
	for i, name := range virtioballoon.StatNames {
		g.Stats[name] = s.Values[i]
	}
	if !s.Updated.IsZero() {
		g.LastUpdate = s.Updated.Unix()
	}
	return g
}
