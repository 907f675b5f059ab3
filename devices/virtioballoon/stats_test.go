package virtioballoon

import (
	"slices"
	"testing"
	"time"
)

// report makes a buffer of statistics available, which the device keeps.
func (d *driver) report(records ...[]byte) {
	d.Queue(statsQueue).Add(d.readable(slices.Concat(records...)))
	d.Queue(statsQueue).Kick()
}

// said waits until the guest has said something that passes the test.
func (d *driver) said(want func(Stats) bool) Stats {
	d.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if s := d.dev.Stats(); want(s) {
			return s
		}
	}
	d.t.Fatalf("the device has %v", d.dev.Stats())
	return Stats{}
}

func freeMemory(n uint64) func(Stats) bool { return func(s Stats) bool { return s.Values[4] == n } }

func TestStatisticsAreKeptByTheirTags(t *testing.T) {
	d := start(t, Config{Features: DefaultFeatures})
	if s := d.dev.Stats(); !s.Updated.IsZero() || s.Values[0] != Unreported {
		t.Errorf("before the guest said anything: %v", s)
	}
	d.report(record(4, 1000), record(0xffff, 5), record(9, 2), record(10, 3), []byte{5, 0, 1})
	s := d.said(freeMemory(1000))
	if s.Values[9] != 2 || s.Values[5] != Unreported || s.Updated.IsZero() {
		t.Errorf("got %v", s)
	}
	if StatNames[4] != "stat-free-memory" || StatNames[9] != "stat-htlb-pgfail" {
		t.Error("the names are not in the order of the tags")
	}
}

func TestABufferOfStatisticsIsKeptUntilTheNextIsWanted(t *testing.T) {
	onRings(t, func(d *driver) {
		d.report(record(4, 1))
		d.said(freeMemory(1))
		if n := d.Queue(statsQueue).Pending(); n != 0 {
			d.t.Fatalf("%d buffers came back, and nobody asked", n)
		}
		if err := d.dev.SetStatsInterval(time.Hour); err != nil {
			t.Fatal(err)
		}
		d.Queue(statsQueue).Wait(patience) // at once, as it was off
		d.report(record(4, 2))
		d.said(freeMemory(2))
		if err := d.dev.SetStatsInterval(time.Millisecond); err != nil {
			t.Fatal(err)
		}
		d.Queue(statsQueue).Wait(patience)
		d.report(record(5, 3))
		if s := d.said(func(s Stats) bool { return s.Values[5] == 3 }); s.Values[4] != Unreported {
			d.t.Errorf("the guest no longer mentions its free memory, and it is %d", s.Values[4])
		}
		d.Queue(statsQueue).Wait(patience)
	})
}

func TestADriverThatSendsTwoBuffersGetsTheFirstBack(t *testing.T) {
	onRings(t, func(d *driver) {
		d.report(record(4, 1))
		d.said(freeMemory(1))
		d.report(record(4, 2))
		d.Queue(statsQueue).Wait(patience)
		d.said(freeMemory(2))
	})
}

func TestANewDriverIsAskedAfterAReset(t *testing.T) {
	d := start(t, Config{Features: DefaultFeatures, StatsInterval: time.Millisecond})
	d.report(record(4, 1))
	d.Queue(statsQueue).Wait(patience)
	d.Reset(d.Session.Features)
	d.report(record(4, 2))
	d.Queue(statsQueue).Wait(patience)
	if s := d.dev.Stats(); s.Values[4] != 2 {
		t.Errorf("got %v", s)
	}
	if got := d.dev.StatsInterval(); got != time.Millisecond {
		t.Errorf("the interval is %v", got)
	}
}
