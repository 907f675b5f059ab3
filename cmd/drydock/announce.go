package main

import (
	"context"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// announcements are the rounds of announce-self that go on, by their names.
type announcements struct {
	mu      sync.Mutex
	cancels map[string]context.CancelFunc
	running sync.WaitGroup
}

// start has once called for each round: the first before it returns. What goes on under the same name ends.
func (a *announcements) start(p qmp.Announcement, once func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cancel := a.cancels[p.ID]; cancel != nil {
		cancel()
		delete(a.cancels, p.ID)
	}
	if p.Rounds <= 0 {
		return
	}
	once()
	ctx, cancel := context.WithCancel(context.Background())
	if a.cancels == nil {
		a.cancels = map[string]context.CancelFunc{}
	}
	a.cancels[p.ID] = cancel
	a.running.Go(func() { rounds(ctx, p, once) })
}

// rounds are all but the first.
func rounds(ctx context.Context, p qmp.Announcement, once func()) {
	for round := int64(1); round < p.Rounds; round++ {
		select {
		case <-time.After(delay(p, round)):
			once()
		case <-ctx.Done():
			return
		}
	}
}

// delay is what passes before a round (qemu_announce_timer_step). A guess of the client's that overflows waits the longest.
func delay(p qmp.Announcement, round int64) time.Duration {
	ms := p.Initial + (round-1)*p.Step
	if ms < 0 || ms > p.Max {
		ms = p.Max
	}
	return time.Duration(min(max(ms, 0), maxDelay)) * time.Millisecond
}

// maxDelay, an hour in milliseconds, keeps a time from passing what a Duration holds.
const maxDelay = 3600_000

// stop ends all rounds.
func (a *announcements) stop() {
	a.mu.Lock()
	for _, cancel := range a.cancels {
		cancel()
	}
	a.mu.Unlock()
	a.running.Wait()
}
