package virtioblk

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestADriverThatBreaksARuleBreaksTheDevice(t *testing.T) {
	kept := make(map[*virtio.Rule]bool)
	for _, tc := range []struct {
		name string
		rule *virtio.Rule
		bufs func(m *virtiotest.RAM) []virtiotest.Buffer
	}{
		{"no header", RuleParts, func(m *virtiotest.RAM) []virtiotest.Buffer {
			return []virtiotest.Buffer{virtiotest.Writable(m.Alloc(512, 1), 512)}
		}},
		{"no status", RuleParts, func(m *virtiotest.RAM) []virtiotest.Buffer {
			return []virtiotest.Buffer{virtiotest.Readable(m.Put(header(typeFlush, 0)), 16)}
		}},
		{"a header of 15 bytes", RuleHeader, func(m *virtiotest.RAM) []virtiotest.Buffer {
			return []virtiotest.Buffer{virtiotest.Readable(m.Put(header(typeFlush, 0)), 15), virtiotest.Writable(m.Alloc(1, 1), 1)}
		}},
		{"a discard with half a segment", RuleSegment, func(m *virtiotest.RAM) []virtiotest.Buffer {
			b := m.Put(command{kind: typeDiscard, out: segment(0, 1, 0)}.readable())
			return []virtiotest.Buffer{virtiotest.Readable(b, 24), virtiotest.Writable(m.Alloc(1, 1), 1)}
		}},
		{"zeroes without a segment", RuleSegment, func(m *virtiotest.RAM) []virtiotest.Buffer {
			b := m.Put(header(typeWriteZeroes, 0))
			return []virtiotest.Buffer{virtiotest.Readable(b, 16), virtiotest.Writable(m.Alloc(1, 1), 1)}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, Config{}, modern)
			q := r.Queue(0)
			before := r.send(q, command{kind: typeGetID, in: 20}, plain)
			head := q.Add(tc.bufs(r.RAM)...)
			q.Kick()
			v := r.Violation(patience)
			if v.Rule != tc.rule || v.Head != head || v.Queue != 0 {
				t.Errorf("got %v", v)
			}
			if u, ok := q.Next(); !ok || u.Head != before.head {
				t.Error("the request before it is not used")
			}
			if q.Pending() != 0 {
				t.Error("the broken request is used")
			}
			kept[tc.rule] = true
		})
	}
	for _, rule := range Rules {
		if !kept[rule] {
			t.Errorf("no test breaks rule %q", rule.Text)
		}
	}
}
