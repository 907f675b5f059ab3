package main

import (
	"fmt"
	"slices"
	"time"
)

// A configuration is one line of work: what the guest does, and what the host sends it.
type configuration struct {
	label   string
	options string // the payload's
	frame   shape  // of what is received, or sent
	kind    kind
	legacy  bool // QEMU's microvm has no legacy devices
}

// A kind says who sends, and when.
type kind int

const (
	burst  kind = iota // the host, into the tap's queue, before the guest looks
	steady             // the host, while the guest receives
	send               // the guest
)

// A shape is the size of frames. With gso they are TCP segments to be cut at that size.
type shape struct{ size, gso int }

var (
	small    = shape{size: 64}
	ethernet = shape{size: 1514}
	large    = shape{size: 65226, gso: 1448}
)

const (
	merge  = "mrg=1 bufsz=4096"
	single = "mrg=0 gso=0"
	big    = "mrg=0 gso=1 rxseg=4096" // a chain of 17 descriptors, as drivers without MRG_RXBUF post for GSO
)

var configurations = []configuration{
	{"burst 64B mrg", merge, small, burst, false},
	{"burst 64B nomrg", single, small, burst, false},
	{"burst 64B mrg irq", merge + " irq=1", small, burst, false},
	{"burst 64B mrg legacy", "legacy " + merge, small, burst, true},
	{"burst 1514B mrg", merge, ethernet, burst, false},
	{"burst 1514B nomrg", single, ethernet, burst, false},
	{"burst 1514B nomrg-big17", big, ethernet, burst, false},
	{"burst 64K mrg", merge, large, burst, false},
	{"burst 64K nomrg-big17", big, large, burst, false},
	{"burst 64K mrg legacy", "legacy " + merge, large, burst, true},
	{"steady 64B mrg", merge, small, steady, false},
	{"steady 64K mrg", merge, large, steady, false},
	{"tx 64B", "", small, send, false},
	{"tx 64B batch1", "batch=1", small, send, false},
	{"tx 64K", "txseg=4096", large, send, false},
}

// An extent is how long things last.
type extent struct {
	frames map[shape]int // of a burst
	wait   time.Duration // of the guest, while a burst is sent into the queue
	rows   int           // of a second each, in the other kinds
}

// The long one gives a burst of a tenth of a second.
var (
	long  = extent{frames: map[shape]int{small: 50000, ethernet: 30000, large: 2500}, wait: 1200 * time.Millisecond, rows: 2}
	short = extent{frames: map[shape]int{small: 5000, ethernet: 3000, large: 400}, wait: 300 * time.Millisecond, rows: 1}
)

// count is the frames of a burst, 0 for the other kinds.
func (c *configuration) count(e extent) int {
	if c.kind != burst {
		return 0
	}
	return e.frames[c.frame]
}

// rowsWanted is how many rows the guest prints.
func (c *configuration) rowsWanted(e extent) int {
	if c.kind == burst {
		return 1
	}
	return e.rows
}

// append is the guest's command line.
func (c *configuration) append(e extent) string {
	switch c.kind {
	case burst:
		return fmt.Sprintf("rx n=1 wait=%d burst=%d %s", e.wait.Milliseconds(), c.count(e), c.options)
	case steady:
		return fmt.Sprintf("rx n=%d secs=1 %s", e.rows, c.options)
	}
	return fmt.Sprintf("tx n=%d secs=1 len=%d %s", e.rows, c.frame.size, c.options)
}

// steadyQueue is a tap's usual length; more would only collect the sender's frames.
const steadyQueue = 1000

// queueLength is the tap's, so that a burst fits.
func (c *configuration) queueLength(e extent) int {
	return max(steadyQueue, c.count(e)+c.count(e)/8)
}

func (o *options) selected() []configuration {
	return slices.DeleteFunc(slices.Clone(configurations), func(c configuration) bool { return !o.only.MatchString(c.label) })
}
