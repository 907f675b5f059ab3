package main

// A tally counts how often each deliberate difference applied. It is used by one goroutine.
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

func find(s step, qemu, drydock string) *deliberate {
	for _, d := range differences {
		if d.explains != nil && d.explains(s, qemu, drydock) {
			return d
		}
	}
	return nil
}
