package main

// A deliberate difference is one that we want: what differs, when, and why. There is no other place for one.
type deliberate struct {
	what string
	why  string

	// explains recognises it in two answers to a step. Nil: scripts leave the case out, because QEMU does not survive it; the
	// generator of scripts counts each time it would have come.
	explains func(s step, qemu, drydock string) bool
}

// differences are all of them.
var differences = []*deliberate{}

// A tally counts how often each applied. It is used by one goroutine.
type tally struct{ times map[*deliberate]int }

func newTally() *tally { return &tally{times: map[*deliberate]int{}} }

// explains says whether an entry of the table covers two answers; explained also counts it.
func (t *tally) explains(s step, qemu, drydock string) bool { return find(s, qemu, drydock) != nil }

func (t *tally) explained(s step, qemu, drydock string) bool {
	d := find(s, qemu, drydock)
	if d != nil {
		t.times[d]++
	}
	return d != nil
}

func (t *tally) add(other *tally) {
	for d, n := range other.times {
		t.times[d] += n
	}
}

func find(s step, qemu, drydock string) *deliberate {
	for _, d := range differences {
		if d.explains != nil && d.explains(s, qemu, drydock) {
			return d
		}
	}
	return nil
}
