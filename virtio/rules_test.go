package virtio_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// breaks has one driver for each rule that breaks it and no other.
var breaks = map[*virtio.Rule]func(r *rig) error{
	virtio.RuleQueueSize: func(r *rig) error {
		c := r.ring.Config(3, eventfd(r))
		c.Size = 32769
		return newQueueError(c)
	},
	virtio.RuleRingInMemory: func(r *rig) error {
		c := r.ring.Config(3, eventfd(r))
		c.Avail = r.ram.Size() - 4
		return newQueueError(c)
	},
	virtio.RuleAvailIndex: func(r *rig) error {
		r.ring.SetAvailIdx(9)
		return popError(r)
	},
	virtio.RuleHeadInRange: func(r *rig) error {
		r.ring.SetAvailEntry(0, 8)
		r.ring.SetAvailIdx(1)
		return popError(r)
	},
	virtio.RuleInFlight: func(r *rig) error {
		r.ring.SetDescriptor(0, 4096, 1, vt.Write, 0)
		r.ring.SetAvailIdx(8)
		for range 8 {
			r.pop()
		}
		r.ring.SetAvailIdx(9)
		return popError(r)
	},
	virtio.RuleNextInRange: func(r *rig) error {
		return postRaw(r, 4096, 1, vt.Next, 8)
	},
	virtio.RuleNoLoop: func(r *rig) error {
		return postRaw(r, 4096, 1, vt.Next, 0)
	},
	virtio.RuleSegments: func(r *rig) error {
		r.ring.AddIndirect(slices.Repeat([]vt.Buffer{vt.Writable(4096, 1)}, 1025)...)
		r.ring.Publish()
		return popError(r)
	},
	virtio.RuleLength: func(r *rig) error {
		return postRaw(r, 4096, 0, vt.Write, 0)
	},
	virtio.RuleBufferInMemory: func(r *rig) error {
		return postRaw(r, r.ram.Size()-1, 2, vt.Write, 0)
	},
	virtio.RuleReadBeforeWrite: func(r *rig) error {
		r.ring.Add(vt.Writable(4096, 1), vt.Readable(8192, 1))
		r.ring.Publish()
		return popError(r)
	},
	virtio.RuleIndirectLength: func(r *rig) error {
		return postRaw(r, 4096, 24, vt.Indirect, 0)
	},
	virtio.RuleIndirectInMemory: func(r *rig) error {
		return postRaw(r, r.ram.Size(), 16, vt.Indirect, 0)
	},
	virtio.RuleReceiveWritable: receiveReadable,
}

func receiveReadable(r *rig) error {
	r.ring.Add(vt.Readable(4096, 12))
	r.ring.Publish()
	_, err := r.q.Reserve(1, 1)
	return err
}

func newQueueError(c virtio.QueueConfig) error {
	_, err := virtio.NewQueue(c)
	return err
}

func popError(r *rig) error {
	_, err := r.q.Pop()
	return err
}

func postRaw(r *rig, addr uint64, n uint32, flags, next uint16) error {
	r.ring.SetDescriptor(0, addr, n, flags, next)
	r.ring.SetAvailIdx(1)
	return popError(r)
}

func TestRules(t *testing.T)       { testRules(t, virtio.Rules, breaks, nil) }
func TestPackedRules(t *testing.T) { testRules(t, virtio.PackedRules, packedBreaks, layouts["packed"]) }

func testRules(t *testing.T, rules []*virtio.Rule, breaks map[*virtio.Rule]func(*rig) error, l layout) {
	for _, rule := range rules {
		t.Run(rule.Section+" "+rule.Text, func(t *testing.T) {
			broken, ok := breaks[rule]
			if !ok {
				t.Fatal("no driver breaks this rule")
			}
			r := l.rig(t, 8)
			err := broken(r)
			violates(t, err, rule)
			for _, part := range []string{"queue 3", rule.Section, rule.Text} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestViolations(t *testing.T) {
	for name, c := range map[string]struct {
		rule *virtio.Rule
		post func(r *rig) error
	}{
		"a size of 0 is refused": {virtio.RuleQueueSize, func(r *rig) error {
			c := r.ring.Config(3, eventfd(r))
			c.Size = 0
			return newQueueError(c)
		}},
		"an address near 2^64 does not wrap": {virtio.RuleRingInMemory, func(r *rig) error {
			c := r.ring.Config(3, eventfd(r))
			c.Used = ^uint64(3)
			return newQueueError(c)
		}},
		"an available index that goes back": {virtio.RuleAvailIndex, func(r *rig) error {
			r.writable(1)
			r.pop()
			r.ring.SetAvailIdx(0)
			return popError(r)
		}},
		"an available index that goes back behind a reserved chain": {virtio.RuleAvailIndex, func(r *rig) error {
			r.writable(1)
			r.writable(1)
			r.reserve(2, 2)
			r.ring.SetAvailIdx(1)
			_, err := r.q.Reserve(3, 3)
			return err
		}},
		"a descriptor of 4 GiB": {virtio.RuleBufferInMemory, func(r *rig) error {
			return postRaw(r, 4096, 0xffffffff, vt.Write, 0)
		}},
		"a descriptor that wraps around 2^64": {virtio.RuleBufferInMemory, func(r *rig) error {
			return postRaw(r, ^uint64(0), 2, vt.Write, 0)
		}},
		"an indirect table of no bytes": {virtio.RuleIndirectLength, func(r *rig) error {
			return postRaw(r, 4096, 0, vt.Indirect, 0)
		}},
		"a loop of two, not through the head": {virtio.RuleNoLoop, func(r *rig) error {
			r.ring.SetDescriptor(1, 4096, 1, vt.Next, 2)
			r.ring.SetDescriptor(2, 4096, 1, vt.Next, 1)
			return postRaw(r, 4096, 1, vt.Next, 1)
		}},
		"a loop in an indirect table": {virtio.RuleNoLoop, func(r *rig) error {
			return postRaw(r, r.ram.Put(vt.Descriptor(4096, 1, vt.Next, 0)), 16, vt.Indirect, 0)
		}},
		"next beyond an indirect table, though within the ring": {virtio.RuleNextInRange, func(r *rig) error {
			return postRaw(r, r.ram.Put(vt.Descriptor(4096, 1, vt.Next, 1)), 16, vt.Indirect, 0)
		}},
		"a zero-length descriptor in an indirect table": {virtio.RuleLength, func(r *rig) error {
			return postRaw(r, r.ram.Put(vt.Descriptor(4096, 0, vt.Write, 0)), 16, vt.Indirect, 0)
		}},
		"a readable descriptor after a writable one in an indirect table": {virtio.RuleReadBeforeWrite, func(r *rig) error {
			r.ring.AddIndirect(vt.Writable(4096, 1), vt.Readable(8192, 1))
			r.ring.Publish()
			return popError(r)
		}},
		"a bad chain behind the first of a frame": {virtio.RuleLength, func(r *rig) error {
			r.writable(100)
			r.ring.Add(vt.Writable(4096, 0))
			r.ring.Publish()
			_, err := r.q.Reserve(200, 8)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) { violates(t, c.post(newRig(t, 8)), c.rule) })
	}
}

func TestABrokenQueueStaysBroken(t *testing.T) {
	r := newRig(t, 8)
	r.ring.SetDescriptor(0, 4096, 0, vt.Write, 0)
	r.ring.SetAvailIdx(1)
	_, first := r.q.Pop()
	r.ring.SetDescriptor(0, 4096, 1, vt.Write, 0)
	_, again := r.q.Pop()
	violates(t, again, virtio.RuleLength)
	if _, err := r.q.Reserve(1, 1); !errors.Is(err, first) {
		t.Errorf("Reserve gives %v after %v", err, first)
	}
}
