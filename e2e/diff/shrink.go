package main

import "time"

// shrinkTime bounds the search for a shorter script.
const shrinkTime = 60 * time.Second

// shrink removes steps as long as what is left still fails: halves first, then ever smaller pieces (delta debugging).
func shrink(steps []step, deadline time.Time, fails func([]step) bool) []step {
	for size := len(steps) / 2; size > 0 && time.Now().Before(deadline); {
		shorter := false
		for at := 0; at < len(steps) && time.Now().Before(deadline); {
			end := min(at+size, len(steps))
			rest := append(append([]step(nil), steps[:at]...), steps[end:]...)
			if fails(rest) {
				steps, shorter = rest, true
			} else {
				at = end
			}
		}
		if !shorter || size > len(steps) {
			size /= 2
		}
	}
	return steps
}
