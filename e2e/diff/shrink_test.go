package main

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestShrinkLeavesWhatIsNeeded(t *testing.T) {
	var steps []step
	for i := range 300 {
		s := step{text: fmt.Sprint(i)}
		if i%50 == 0 {
			s.note = noteLife
		}
		steps = append(steps, s)
	}
	steps[120].note = noteSetUp
	tries := 0
	short := shrink(steps, time.Now().Add(time.Minute), func(rest []step) bool {
		tries++
		return slices.Contains(rest, steps[113]) && slices.Contains(rest, steps[277])
	})
	want := []step{steps[113], steps[120], steps[277]} // set-up is not taken from a life that stays
	if !slices.Equal(short, want) {
		t.Errorf("%v is left, want %v", short, want)
	}
	if tries > 150 {
		t.Errorf("%d tries for 300 steps", tries)
	}
}

func TestShrinkEndsInTime(t *testing.T) {
	steps := make([]step, 100)
	if got := shrink(steps, time.Now(), func([]step) bool { t.Error("a try after the end"); return false }); len(got) != 100 {
		t.Errorf("%d steps are left, want 100", len(got))
	}
}
