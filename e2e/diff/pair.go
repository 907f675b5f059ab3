package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	batchSize = 128 // commands that are sent before an answer is read

	// patience is how long the two may take to become equal while data moves: they are two processes on a busy host. Whoever
	// looks for a shorter script has less of it: nearly all that it tries differ somewhere.
	patience = 6 * time.Second
	// fenceTime is how long a fence waits for frames to be taken, which may have to wait for buffers that come later.
	fenceTime = 375 * time.Millisecond
	// restTime is what lies between a used buffer and its interrupt at most, unless the host is very busy. A driver that changed its
	// mind in between would be heard too early.
	restTime = 5 * time.Millisecond

	// lateTime is the same for a busy host, where a difference would be believed.
	lateTime = 60 * time.Millisecond

	shortPatience = 250 * time.Millisecond
)

// A pair is the two machines of one script.
type pair struct {
	qemu, drydock *machine
	kind          kind
	told          *tally
	patience      time.Duration
	trace         io.Writer // nil: no trace of the answers
}

// A difference is a step to which the two did not answer the same.
type difference struct {
	at            int // of the step in its script
	step          step
	qemu, drydock string
}

func (d *difference) String() string {
	at := 0
	for at < min(len(d.qemu), len(d.drydock)) && d.qemu[at] == d.drydock[at] {
		at++
	}
	return fmt.Sprintf("%s\n    QEMU says    %s\n    Drydock says %s", clip(d.step.String()), from(d.qemu, at), from(d.drydock, at))
}

// from is an answer, without its beginning where that is long and the difference behind it.
func from(s string, at int) string {
	if at < 60 || len(s) <= 80 {
		return clip(s)
	}
	return fmt.Sprintf("… digit %d: %s", at, clip(s[at&^1:]))
}

// startPair starts both at once.
func startPair(q, d emulator, c *configuration, k kind, told *tally) (*pair, error) {
	p := &pair{kind: k, told: told}
	started := make(chan error, 1)
	go func() {
		var err error
		p.drydock, err = d.start(c, k)
		started <- err
	}()
	var err error
	p.qemu, err = q.start(c, k)
	if other := <-started; err == nil {
		err = other
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pair) close() {
	for _, m := range []*machine{p.qemu, p.drydock} {
		if m != nil {
			m.close()
		}
	}
}

// run sends the steps to both and returns the first difference that nothing explains.
func (p *pair) run(steps []step) (*difference, error) {
	for at := 0; at < len(steps); {
		if steps[at].meta() {
			p.say(steps[at], "", "")
			d, err := p.meta(steps[at])
			if d != nil {
				d.at, d.step = at, steps[at]
			}
			if d != nil || err != nil {
				return d, err
			}
			at++
			continue
		}
		end := p.batchEnd(steps, at)
		d, err := p.batch(steps[at:end])
		if d != nil {
			d.at += at
		}
		if d != nil || err != nil {
			return d, err
		}
		at = end
	}
	return nil, nil
}

// batchEnd says how far a batch that begins at a step goes. While data moves a read may have to be repeated, so nothing that is
// written after it may be under way.
func (p *pair) batchEnd(steps []step, at int) int {
	end := at + 1
	for end < len(steps) && end-at < batchSize && !steps[end].meta() {
		if p.kind == data && steps[end-1].reads() && !steps[end].reads() {
			break
		}
		end++
	}
	return end
}

func (p *pair) batch(steps []step) (*difference, error) {
	commands := make([]string, len(steps))
	for i, s := range steps {
		commands[i] = s.text
	}
	a, b, err := p.both(commands)
	if err != nil {
		return nil, err
	}
	for i, s := range steps {
		p.say(s, a[i], b[i])
		if !p.early(s, a[i], b[i], 0) && p.same(s, a[i], b[i]) {
			continue
		}
		if p.kind == data && s.reads() {
			if a[i], b[i], err = p.again(s, a[i], b[i]); err != nil {
				return nil, err
			}
			p.say(s, a[i], b[i])
			if p.same(s, a[i], b[i]) {
				continue
			}
		}
		return &difference{at: i, step: s, qemu: a[i], drydock: b[i]}, nil
	}
	return nil, nil
}

// say writes a step and its answers to the trace, if there is one.
func (p *pair) say(s step, a, b string) {
	switch {
	case p.trace == nil:
	case a == "" && b == "":
		fmt.Fprintln(p.trace, clip(s.String()))
	default:
		fmt.Fprintf(p.trace, "%s\n    %s\n    %s\n", clip(s.String()), clip(a), clip(b))
	}
}

// both asks the two machines at the same time.
func (p *pair) both(commands []string) (a, b []string, err error) {
	done := make(chan error, 1)
	go func() {
		var err error
		b, err = p.drydock.exchange(commands)
		done <- err
	}()
	a, err = p.qemu.exchange(commands)
	if other := <-done; err == nil {
		err = other
	}
	return a, b, err
}

// again repeats a read until the two answer the same or patience ends. What an ISR said is kept: its read clears it.
func (p *pair) again(s step, a, b string) (string, string, error) {
	began := time.Now()
	for ; time.Since(began) < p.patience && (p.early(s, a, b, time.Since(began)) || !p.alike(s, a, b)); time.Sleep(2 * time.Millisecond) {
		x, y, err := p.both([]string{s.text})
		if err != nil {
			return a, b, err
		}
		if s.noted("isr") {
			a, b = joined(a, x[0]), joined(b, y[0])
		} else {
			a, b = x[0], y[0]
		}
	}
	return a, b, nil
}

// early says that an interrupt which only QEMU has may be one that Drydock sends a moment later. The table has an entry for one
// that Drydock does not send; believing it too soon leaves the late one to the next scenario.
func (p *pair) early(s step, a, b string, waited time.Duration) bool {
	return p.kind == data && s.noted("packed-event") && !equal(s, a, b) && waited < lateTime
}

func joined(a, b string) string { return fmt.Sprintf("%#x", number(a)|number(b)) }

func number(s string) uint64 {
	v, _ := strconv.ParseUint(strings.TrimPrefix(s, "0x"), 16, 64)
	return v
}

// same compares two answers: numbers as numbers, bytes as bytes. An entry of the table may explain that they are not.
func (p *pair) same(s step, a, b string) bool {
	return equal(s, a, b) || p.told.explained(s, a, b)
}

// alike is same for answers that may yet change: it does not count what it explains.
func (p *pair) alike(s step, a, b string) bool {
	return equal(s, a, b) || p.told.explains(s, a, b)
}

func equal(s step, a, b string) bool {
	return a == b || len(a) <= 18 && len(b) <= 18 && a != "" && b != "" && s.verb() != "read" && number(a) == number(b)
}
