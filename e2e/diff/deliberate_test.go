package main

import "testing"

func TestTheTableExplainsNoMoreThanItSays(t *testing.T) {
	header := "0x00000000000000000000"
	for _, c := range []struct {
		name          string
		step          step
		qemu, drydock string
		want          bool
	}{
		{"num_buffers of 1", step{note: "buffer no-merge"}, header + "eeee52", header + "010052", true},
		{"num_buffers of 2", step{note: "buffer no-merge"}, header + "000052", header + "020052", false},
		{"num_buffers with MRG_RXBUF", step{note: "buffer"}, header + "010052", header + "020052", false},
		{"a byte of the frame", step{note: "buffer no-merge"}, header + "000052", header + "010053", false},
		{"num_buffers, and the flags of a tap", step{note: "buffer no-merge no-guest-csum"}, "0x0200000000000000" + "0000eeee52", "0x0000000000000000" + "0000010052", true},
		{"flags with GUEST_CSUM", step{note: "buffer no-merge"}, "0x02000052", "0x00000052", false},
		{"a partial checksum without GUEST_CSUM", step{note: "buffer no-guest-csum"}, "0x01000052", "0x00000052", false},
		{"what lies behind a frame that QEMU did not copy", step{note: "buffer"}, header + "0100eeee", header + "01001234", true},
		{"a byte that QEMU wrote and Drydock did not", step{note: "buffer"}, header + "010012", header + "0100ee", false},
		{"WRITE in a used descriptor", step{note: "used packed"}, "0x00000000000000000000000000008080", "0x00000000000000000000000000008280", true},
		{"WRITE in an available descriptor", step{note: "used packed"}, "0x00000000000000000000000000008000", "0x00000000000000000000000000008200", false},
		{"a length in a used descriptor", step{note: "used packed"}, "0x00000000000000000100000000008080", "0x00000000000000000200000000008280", false},
		{"QEMU's interrupt at a wrap", step{note: "isr packed-event"}, "0x1", "0x0", true},
		{"an interrupt that QEMU does not send", step{note: "isr packed-event"}, "0x0", "0x1", false},
		{"a configuration change", step{note: "isr packed-event"}, "0x3", "0x0", false},
		{"a split ring's interrupt", step{note: "isr"}, "0x1", "0x0", false},
		{"QEMU's message at a wrap", step{note: "message packed-event"}, "0x01005a5a", "0x00000000", true},
		{"a message that QEMU does not send", step{note: "message packed-event"}, "0x00000000", "0x01005a5a", false},
		{"disk requests that ended in another order", step{note: "used together"}, "0x0200" + "01000000aa000000" + "0200000001000000",
			"0x0200" + "0200000001000000" + "01000000aa000000", true},
		{"a disk request's length", step{note: "used together"}, "0x0100" + "01000000aa000000", "0x0100" + "01000000ab000000", false},
		{"how many were used", step{note: "used together"}, "0x0100" + "01000000aa000000", "0x0200" + "01000000aa000000", false},
		{"another order of requests that came one by one", step{note: "used"}, "0x0200" + "01000000aa000000" + "0200000001000000",
			"0x0200" + "0200000001000000" + "01000000aa000000", false},
		{"a register", step{note: "queue_size"}, "0x100", "0x80", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := newTally().explained(c.step, c.qemu, c.drydock); got != c.want {
				t.Errorf("explained: %v, want %v", got, c.want)
			}
		})
	}
}

func TestEveryDeliberateDifferenceSaysWhatAndWhy(t *testing.T) {
	for _, d := range differences {
		if d.what == "" || d.why == "" {
			t.Errorf("%q, %q", d.what, d.why)
		}
		ways := 0
		for _, has := range []bool{d.explains != nil, d.note != "", d.may != nil && d.where != ""} {
			if has {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("%q is neither found in answers nor left out, or both", d.what)
		}
	}
}

func TestATallyCounts(t *testing.T) {
	told := newTally()
	told.explained(step{note: "isr packed-event"}, "0x1", "0x0")
	told.left([]step{{note: "no-runt"}, {note: "scenario no-runt"}, {note: "buffer"}})
	n := 0
	for _, times := range told.times {
		n += times
	}
	if n != 3 {
		t.Errorf("%d counted, want 3", n)
	}
}
