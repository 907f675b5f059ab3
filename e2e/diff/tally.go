package main

import "slices"

// A tally counts how often each deliberate difference applied. It is used by one goroutine.
type tally struct{ times map[*deliberate]int }

func newTally() *tally { return &tally{times: map[*deliberate]int{}} }

// explains says whether an entry of the table covers two answers; explained also counts it.
func (t *tally) explains(s step, qemu, drydock string) bool { return len(find(s, qemu, drydock)) > 0 }

func (t *tally) explained(s step, qemu, drydock string) bool {
	found := find(s, qemu, drydock)
	for _, d := range found {
		t.times[d]++
	}
	return len(found) > 0
}

// left counts the cases that a script leaves out: its steps have notes of them.
func (t *tally) left(steps []step) {
	for _, s := range steps {
		for _, d := range differences {
			if d.note != "" && s.noted(d.note) {
				t.times[d]++
			}
		}
	}
}

// find is one entry that explains the two answers, or those that do so together, byte by byte.
func find(s step, qemu, drydock string) []*deliberate {
	var perhaps, needed []*deliberate
	for _, d := range differences {
		switch {
		case d.explains != nil && d.explains(s, qemu, drydock):
			return []*deliberate{d}
		case d.may != nil && s.noted(d.where):
			perhaps = append(perhaps, d)
		}
	}
	alike := unlike(qemu, drydock, func(at int, q, b byte) bool {
		i := slices.IndexFunc(perhaps, func(d *deliberate) bool { return d.may(at, q, b) })
		if i >= 0 && !slices.Contains(needed, perhaps[i]) {
			needed = append(needed, perhaps[i])
		}
		return i >= 0
	})
	if !alike {
		return nil
	}
	return needed
}
