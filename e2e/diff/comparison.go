package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A comparison is what a run of the command does.
type comparison struct {
	qemu, drydock emulator
	accesses      int // of each configuration
	scenarios     int
	out           string // folder of the scripts of differences
	told          *tally
	patience      time.Duration // of a pair whose answers differ
	shrinkTime    time.Duration // bounds the search for a shorter script
	trace         io.Writer     // of the answers, in a replay
}

// lives is over how many pairs of fresh machines the traffic of a configuration is spread: what is left of a first life does not
// hide a difference of the second, and a script that fails is short to begin with.
const lives = 5

// A result is a row of the report.
type result struct {
	accesses, scenarios, differences int
	failures                         int // configurations that did not come to an end
	refused                          int // configurations that neither starts with
}

// configuration sends a configuration all its traffic.
func (c *comparison) configuration(seed uint64, conf *configuration) (r result, err error) {
	layouts, err := c.layouts(conf)
	if errors.Is(err, errRefused) {
		return c.refusal(conf, err)
	}
	if err != nil {
		return r, err
	}
	for life := range uint64(lives) {
		s := registerScript(seed+life<<32, conf, layouts, (c.accesses+lives-1)/lives)
		if err := c.life(conf, s, &r.differences); err != nil {
			return r, err
		}
		r.accesses += accesses(s.steps)
	}
	for life := range uint64(lives) {
		if !conf.data || c.scenarios == 0 {
			break
		}
		s := dataScript(seed+life<<32, conf, layouts, (c.scenarios+lives-1)/lives)
		if err := c.life(conf, s, &r.differences); err != nil {
			return r, err
		}
		r.scenarios += scenarios(s.steps)
	}
	return r, nil
}

// refusal is the only answer to a configuration that QEMU does not start with: Drydock must not either.
func (c *comparison) refusal(conf *configuration, why error) (r result, err error) {
	m, err := c.drydock.start(conf, registers)
	if err == nil {
		defer m.close()
	}
	switch {
	case errors.Is(err, errRefused), err == nil && m.ended():
		r.refused++
		return r, nil
	case err != nil:
		return r, err
	}
	fmt.Printf("  a difference: Drydock starts with it, but %v\n", why)
	r.differences++
	return r, nil
}

// accesses leaves out the writes of CONFIG_ADDRESS: with the data port they are one.
func accesses(steps []step) (n int) {
	for _, s := range steps {
		if !s.meta() && !strings.HasPrefix(s.text, "outl 0xcf8 ") {
			n++
		}
	}
	return n
}

// layouts asks QEMU, so that scripts do not depend on what Drydock says.
func (c *comparison) layouts(conf *configuration) (ls []*layout, err error) {
	m, err := c.qemu.start(conf, registers)
	if err != nil {
		return nil, err
	}
	defer m.close()
	for i := range conf.devices {
		l, err := probe(m, firstSlot+i, i)
		if err != nil && m.ended() {
			return nil, fmt.Errorf("QEMU: %w%s", errRefused, m.complaint())
		}
		if err != nil {
			return nil, err
		}
		ls = append(ls, l)
	}
	return ls, nil
}

// life runs a script, and shrinks and tells a difference.
func (c *comparison) life(conf *configuration, s *script, differences *int) error {
	d, err := c.try(conf, s, c.told)
	if d == nil || err != nil {
		return err
	}
	s.steps = s.steps[:d.at+1]
	if late, err := c.late(conf, s, d); late || err != nil {
		return err
	}
	*differences++
	c.shrink(conf, s, d)
	path, err := c.save(s)
	if err != nil {
		return err
	}
	fmt.Printf("  a difference: %v\n  replay: go run ./e2e/diff -replay %s\n", d, path)
	var text bytes.Buffer
	if err := s.write(&text); err != nil {
		return err
	}
	if text.Len() < 4096 {
		fmt.Printf("    %s\n", strings.ReplaceAll(strings.TrimSpace(text.String()), "\n", "\n    "))
	}
	return nil
}

// late says that a difference is an interrupt that came when the next was looked for: between a used buffer and its interrupt a thread
// may stand still on a busy machine for longer than any rest of a script. The same script does not show it twice more.
func (c *comparison) late(conf *configuration, s *script, d *difference) (bool, error) {
	if !d.step.noted("isr") && !d.step.noted("message") {
		return false, nil
	}
	for range 2 {
		if again, err := c.try(conf, s, c.told); again != nil || err != nil {
			return false, err
		}
	}
	fmt.Printf("  an interrupt was late: in two replays nothing differs: %v\n", d)
	return true, nil
}

// try runs a script on fresh machines.
func (c *comparison) try(conf *configuration, s *script, told *tally) (*difference, error) {
	p, err := startPair(c.qemu, c.drydock, conf, s.kind, told)
	if err != nil {
		return nil, err
	}
	defer p.close()
	p.trace, p.patience = c.trace, c.patience
	if told == c.told {
		told.left(s.steps)
	} else { // what it tells is not for the report: a search
		p.patience = shortPatience
	}
	d, err := p.run(s.steps)
	if c.trace != nil {
		p.close() // what they said is complete then
		fmt.Fprintf(c.trace, "QEMU%s\nDrydock%s\n", p.qemu.complaint(), p.drydock.complaint())
	}
	return d, err
}

// shrink leaves the steps that are needed for a difference at the last one.
func (c *comparison) shrink(conf *configuration, s *script, d *difference) {
	last := s.steps[len(s.steps)-1]
	fails := func(rest []step) bool {
		got, err := c.try(conf, &script{conf.name, s.kind, append(rest, last)}, newTally())
		if err != nil || got == nil || got.step != last {
			return false
		}
		d.qemu, d.drydock = got.qemu, got.drydock
		return true
	}
	short := shrink(s.steps[:len(s.steps)-1], time.Now().Add(c.shrinkTime), fails)
	s.steps = append(short, last)
}

// save writes the script under the first free number.
func (c *comparison) save(s *script) (string, error) {
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		path := filepath.Join(c.out, fmt.Sprintf("%s-%s-%d.qtest", s.configuration, s.kind, n))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return "", err
		}
		if err := s.write(f); err != nil {
			return "", err
		}
		return path, f.Close()
	}
}
