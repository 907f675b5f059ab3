package main

import (
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/vmm/qmp"
)

func TestRoundsComeLaterAndLaterUpToAMost(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     qmp.Announcement
		round int64
		want  time.Duration
	}{
		{"the second round waits the initial time", qmp.Announcement{Initial: 50, Max: 550, Step: 100}, 1, 50 * time.Millisecond},
		{"each further one a step more", qmp.Announcement{Initial: 50, Max: 550, Step: 100}, 3, 250 * time.Millisecond},
		{"but at most the most", qmp.Announcement{Initial: 50, Max: 550, Step: 100}, 100, 550 * time.Millisecond},
		{"a time that overflows is the most", qmp.Announcement{Initial: 1 << 62, Max: 550, Step: 1 << 62}, 2, 550 * time.Millisecond},
		{"a negative one is none", qmp.Announcement{Initial: -5, Max: -5, Step: 0}, 1, 0},
		{"nothing waits for years", qmp.Announcement{Initial: 1 << 50, Max: 1 << 60, Step: 0}, 1, time.Hour},
	} {
		if got := delay(c.p, c.round); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAnAnnouncementTakesThePlaceOfAnotherOfItsName(t *testing.T) {
	var a announcements
	defer a.stop()
	first, second := make(chan bool, 100), make(chan bool, 100)
	a.start(qmp.Announcement{Initial: 3_600_000, Max: 3_600_000, Rounds: 9, ID: "x"}, func() { first <- true })
	a.start(qmp.Announcement{Initial: 1, Max: 1, Rounds: 3, ID: "y"}, func() { second <- true })
	for range 3 {
		<-second
	}
	a.start(qmp.Announcement{Rounds: 0, ID: "x"}, func() { t.Error("no round was asked for") })
	if len(first) != 1 {
		t.Errorf("%d rounds at once", len(first))
	}
	if n := len(a.cancels); n != 1 {
		t.Errorf("%d announcements go on", n)
	}
}
