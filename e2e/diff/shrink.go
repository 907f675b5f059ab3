package main

import "time"

// shrinkTime is a comparison's by default.
const shrinkTime = 20 * time.Second

// shrink removes what is not needed for a script to fail: first whole lives of the device, then scenarios, then steps. Steps that
// set the device up are not taken one by one: a device that was never told that its driver is ready differs in its own way.
func shrink(steps []step, deadline time.Time, fails func([]step) bool) []step {
	for _, begins := range []func(step) bool{
		func(s step) bool { return s.noted(noteLife) },
		func(s step) bool { return s.noted(noteLife) || s.noted(noteScenario) },
		func(step) bool { return true },
	} {
		units := group(steps, begins)
		steps = flatten(remove(units, deadline, func(rest [][]step) bool { return fails(flatten(rest)) }))
	}
	return steps
}

// group cuts steps where one begins a unit.
func group(steps []step, begins func(step) bool) (units [][]step) {
	for i, s := range steps {
		if i == 0 || begins(s) {
			units = append(units, nil)
		}
		units[len(units)-1] = append(units[len(units)-1], s)
	}
	return units
}

func flatten(units [][]step) (steps []step) {
	for _, u := range units {
		steps = append(steps, u...)
	}
	return steps
}

// remove takes units away as long as what is left still fails: halves first, then ever smaller parts (delta debugging).
func remove(units [][]step, deadline time.Time, fails func([][]step) bool) [][]step {
	for size := max(len(units)/2, 1); size > 0 && time.Now().Before(deadline); {
		shorter := false
		for at := 0; at < len(units) && time.Now().Before(deadline); {
			end := min(at+size, len(units))
			rest := append(append([][]step(nil), units[:at]...), units[end:]...)
			if !vital(units[at:end]) && fails(rest) {
				units, shorter = rest, true
			} else {
				at = end
			}
		}
		if !shorter || size > len(units) {
			size /= 2
		}
	}
	return units
}

// vital says that one of the units is a single step that sets a running device up, tells it of buffers, or waits for it.
func vital(units [][]step) bool {
	for _, u := range units {
		if len(u) == 1 && (u[0].noted(noteSetUp) || u[0].noted("notify") || u[0].text == verbFence || u[0].text == verbRest || u[0].verb() == verbAwait) {
			return true
		}
	}
	return false
}
