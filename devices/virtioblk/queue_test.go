package virtioblk

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestRequestsOfAQueueAreUnderWayAtOnce(t *testing.T) {
	disk := newScript(1 << 20)
	disk.gate = make(chan struct{})
	r := start(t, Config{Disk: disk}, modern)
	q := r.Queue(0)
	for i := range 40 {
		r.send(q, command{kind: typeIn, sector: uint64(i), in: 512}, plain)
	}
	q.Kick()
	until(t, "as many requests are under way as there are workers", func() bool {
		now, _ := disk.underWay()
		return now == maxWorkers
	})
	close(disk.gate)
	for range 40 {
		q.Wait(patience)
	}
	if _, most := disk.underWay(); most != maxWorkers {
		t.Errorf("%d requests were under way at once, and there are %d workers", most, maxWorkers)
	}
}

func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// slowFirst holds up the first request that the driver sends, and lets the others pass.
func slowFirst(t *testing.T, f virtio.Features) (r *rig, heads []uint16, release func()) {
	disk := newScript(1 << 20)
	disk.gate = make(chan struct{})
	r = start(t, Config{Disk: disk}, f)
	q := r.Queue(0)
	heads = append(heads, r.send(q, command{kind: typeIn, in: 512}, plain).head)
	q.Kick()
	until(t, "the first request is under way", func() bool { now, _ := disk.underWay(); return now == 1 })
	for range 3 { // a flush does not go through the gate
		heads = append(heads, r.send(q, command{kind: typeFlush}, plain).head)
	}
	q.Kick()
	return r, heads, func() { close(disk.gate) }
}

func TestAFastRequestDoesNotWaitForASlowOne(t *testing.T) {
	r, heads, release := slowFirst(t, modern)
	q := r.Queue(0)
	got := []uint16{q.Wait(patience).Head, q.Wait(patience).Head, q.Wait(patience).Head}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(heads[1:]))
	if !slices.Equal(got, want) {
		t.Errorf("used %v, want %v", got, want)
	}
	release()
	if u := q.Wait(patience); u.Head != heads[0] {
		t.Errorf("used %d, want %d", u.Head, heads[0])
	}
}

func TestInOrderMeansThatTheSlowOneComesFirst(t *testing.T) {
	r, heads, release := slowFirst(t, modern.With(virtio.InOrder))
	q := r.Queue(0)
	r.counted("the fast requests are done", func(s QueueStats) bool { return s.Flush.Requests == 3 })
	if q.Pending() != 0 {
		t.Error("a request was used before an older one")
	}
	release()
	for _, head := range heads {
		if u := q.Wait(patience); u.Head != head {
			t.Errorf("used %d, want %d", u.Head, head)
		}
	}
}

func TestEachQueueIsServed(t *testing.T) {
	r := start(t, Config{Queues: 4}, modern.With(MQ))
	if r.Queues() != 4 {
		t.Fatalf("%d queues", r.Queues())
	}
	for i := range 4 {
		q := r.Queue(i)
		s := r.send(q, command{kind: typeIn, sector: uint64(i), in: 512}, plain)
		q.Kick()
		if a := r.answer(s, q.Wait(patience).Len); a.status != statusOK || !bytes.Equal(a.in, pattern(imageSize, 1)[512*i:][:512]) {
			t.Errorf("queue %d: status %d", i, a.status)
		}
		until(t, "the read is counted", func() bool { return r.device.Stats().Queues[i].Read.Requests == 1 })
	}
}

func TestARingThatIsFullOfRequestsIsServedOverAndOver(t *testing.T) {
	r := start(t, Config{}, modern)
	q := r.Queue(0)
	for round := range 5 {
		var all []sent
		for q.Room() >= 3 {
			i := uint64(len(all))
			all = append(all, r.send(q, command{kind: typeOut, sector: i, out: pattern(512, byte(i)+byte(round))}, plain))
		}
		q.Kick()
		for range all {
			q.Wait(patience)
		}
		for i, s := range all {
			if a := r.answer(s, 1); a.status != statusOK {
				t.Fatalf("round %d, request %d: status %d", round, i, a.status)
			}
			if !bytes.Equal(r.contents()[512*i:][:512], pattern(512, byte(i)+byte(round))) {
				t.Fatalf("round %d, sector %d is not what was written", round, i)
			}
		}
	}
}

func TestAResetOfAQueueWaitsForItsRequests(t *testing.T) {
	disk := newScript(1 << 20)
	disk.gate = make(chan struct{})
	r := start(t, Config{Disk: disk}, modern.With(virtio.RingReset))
	q := r.Queue(0)
	s := r.send(q, command{kind: typeIn, in: 512}, plain)
	q.Kick()
	until(t, "the request is under way", func() bool { now, _ := disk.underWay(); return now == 1 })
	go func() { disk.gate <- struct{}{} }()
	r.Disable(0)
	if b := r.RAM.Bytes(s.gpa, 513); b[512] != statusOK || !bytes.Equal(b[:512], make([]byte, 512)) {
		t.Error("the queue was reset before its request was done")
	}
	if q.UsedIdx() != 1 {
		t.Error("the request is not used")
	}
	close(disk.gate)
	q = r.Enable(0)
	r.send(q, command{kind: typeIn, in: 512}, plain)
	q.Kick()
	q.Wait(patience)
}

func TestADriverThatEnablesOneQueueOfSeveralIsServed(t *testing.T) {
	disk := newScript(1 << 20)
	d := newDevice(t, Config{Disk: disk, Queues: 2})
	h := virtiotest.Start(t, d, modern, virtiotest.Options{Disabled: []int{1}, RAM: 16 << 20})
	r := &rig{Harness: h, t: t, device: d}
	r.want(command{kind: typeIn, in: 512}, statusOK)
}
