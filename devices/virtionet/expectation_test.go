package virtionet

import "testing"

func TestTheReservationFollowsTheLongestOfTheLastFrames(t *testing.T) {
	const least, most = 1530, 65562
	e := expect(least, most)
	step := func(what string, frames int, n, want uint64) {
		t.Helper()
		for range frames {
			e.saw(n)
		}
		if e.want != want {
			t.Errorf("%s: %d bytes reserved, want %d", what, e.want, want)
		}
	}
	step("before a window is full", expectWindow-1, 72, most)
	step("after it", 1, 72, least)
	step("a frame that fits", 1, 1526, least)
	step("one that does not", 1, 3000, most)
	step("to the end of the window", expectWindow-2, 72, 3000)
	step("and one window later", expectWindow, 72, least)
	step("a frame longer than was negotiated", 1, 70000, 70000)
	step("then the window's peak", expectWindow-1, 70000, 70000)
}

func TestWithoutOffloadsTheMTUIsExpected(t *testing.T) {
	if e := expect(1530, 0); e.want != 1530 {
		t.Errorf("%d", e.want)
	}
}
