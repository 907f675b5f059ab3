package virtioballoon

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// StatNames are the statistics in the order of their tags (5.5.6.4), as QEMU 7.2's guest-stats names them. Newer tags are ignored.
var StatNames = [...]string{
	"stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults", "stat-free-memory",
	"stat-total-memory", "stat-available-memory", "stat-disk-caches", "stat-htlb-pgalloc", "stat-htlb-pgfail",
}

// Unreported is the value of a statistic that the guest did not give.
const Unreported = math.MaxUint64

// Stats is what the guest said last.
type Stats struct {
	Updated time.Time              // zero: never
	Values  [len(StatNames)]uint64 // memory in bytes, the others counts; or Unreported
}

// maxInterval is what fits QEMU's property, which counts in seconds.
const maxInterval = math.MaxUint32 * time.Second

// statistics are the guest's, and when to ask for the next.
type statistics struct {
	mu       sync.Mutex
	last     Stats
	interval time.Duration // 0: do not ask
	due      time.Time     // when to ask
	queue    *virtio.Queue // that is served, to wake its goroutine; else nil
}

// Stats returns what the guest said last.
func (d *Device) Stats() Stats {
	d.stats.mu.Lock()
	defer d.stats.mu.Unlock()
	return d.stats.last
}

// SetStatsInterval sets how often the guest is asked for statistics; 0 stops that. Where it was 0, the guest is asked at once.
func (d *Device) SetStatsInterval(interval time.Duration) error {
	if interval < 0 || interval > maxInterval {
		return fmt.Errorf("virtioballoon: guest-stats-polling-interval=%d: give seconds from 0 (never) to %d", interval/time.Second, maxInterval/time.Second)
	}
	s := &d.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = time.Now()
	if s.interval > 0 {
		s.due = s.due.Add(interval)
	}
	s.interval = interval
	s.wake()
	return nil
}

// StatsInterval returns what SetStatsInterval set.
func (d *Device) StatsInterval() time.Duration {
	d.stats.mu.Lock()
	defer d.stats.mu.Unlock()
	return d.stats.interval
}

// receiveStats serves the statistics queue (5.5.6.3). The driver fills a buffer and the device keeps it; to give it back is to ask
// for the next numbers.
func (d *Device) receiveStats(ctx context.Context, q *virtio.Queue) error {
	d.stats.serve(q)
	defer d.stats.serve(nil)
	var held *virtio.Chain
	for {
		c, err := q.Pop()
		switch {
		case err != nil:
			return err
		case c != nil:
			if held != nil { // a driver has one; QEMU gives the older back
				q.Use(held, 0)
			}
			held = c
			if err := d.stats.receive(ctx, c); err != nil {
				return err
			}
			continue
		case held != nil && d.stats.isDue():
			q.Use(held, 0)
			held = nil
		}
		if !q.EnableKicks() {
			if err := d.stats.sleep(ctx, q, held != nil); err != nil {
				return err
			}
		}
	}
}

// receive replaces what the guest said before, even what it does not mention now.
func (s *statistics) receive(ctx context.Context, c *virtio.Chain) error {
	fresh := Stats{Updated: time.Now(), Values: unreported}
	var record [10]byte // struct virtio_balloon_stat, packed: tag and value
	for r := (reader{vecs: c.Read}); r.read(record[:]) == len(record); {
		if err := ctx.Err(); err != nil { // there may be millions
			return err
		}
		if tag := binary.LittleEndian.Uint16(record[:]); int(tag) < len(fresh.Values) {
			fresh.Values[tag] = binary.LittleEndian.Uint64(record[2:])
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.due = fresh, time.Now().Add(s.interval)
	return nil
}

var unreported = func() (v [len(StatNames)]uint64) {
	for i := range v {
		v[i] = Unreported
	}
	return v
}()

func (s *statistics) reset() { s.last.Values = unreported }

func (s *statistics) serve(q *virtio.Queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = q
}

func (s *statistics) isDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.interval > 0 && !time.Now().Before(s.due)
}

// wake makes the goroutine of the queue look again. The caller holds mu, so that the eventfd is not closed.
func (s *statistics) wake() {
	if s.queue != nil {
		one := [8]byte{0: 1}
		// EAGAIN is a counter that is full: there is a wake-up to come.
		_, _ = unix.Write(s.queue.KickFD(), one[:])
	}
}

// sleep waits for a kick, a wake-up, the end of ctx or, while the device holds a buffer, the time to give it back.
func (s *statistics) sleep(ctx context.Context, q *virtio.Queue, holding bool) error {
	fds := []unix.PollFd{{Fd: int32(q.KickFD()), Events: unix.POLLIN}}
	if _, err := unix.Poll(fds, s.timeout(holding)); err != nil && err != unix.EINTR {
		return fmt.Errorf("virtioballoon: waiting for statistics: %w", err)
	}
	q.Drain()
	return ctx.Err()
}

// timeout is in milliseconds, -1 for no end. It rounds up, lest the last millisecond be a busy loop.
func (s *statistics) timeout(holding bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !holding || s.interval == 0 {
		return -1
	}
	return int(min(max(time.Until(s.due).Milliseconds()+1, 0), math.MaxInt32))
}
