package kvm

import (
	"math"
	"testing"
	"time"
)

func TestRingZeroSpeedIsMeasuredWithinItsLimit(t *testing.T) {
	for _, limit := range []time.Duration{time.Nanosecond, 3 * time.Millisecond, patience} {
		t.Run(limit.String(), func(t *testing.T) {
			s := newSystem(t)
			start := time.Now()
			speed, err := s.RingZeroSpeed(limit)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(speed)
			// What is not the loop (VM, memory, scheduling on a busy host) has its time, too.
			if took := time.Since(start); took > limit+patience {
				t.Errorf("took %v", took)
			}
			if limit < time.Microsecond && speed.Instructions != 0 {
				t.Errorf("a guest that had no time is said to have run: %v", speed)
			}
			if limit == patience && (speed.Instructions != 2*speedLoops || speed.PerInstruction() <= 0) {
				t.Errorf("with time enough: %v", speed)
			}
		})
	}
}

func TestSpeedIsElapsedTimeByInstructions(t *testing.T) {
	if got := (Speed{2000, time.Millisecond}).PerInstruction(); got != 500 {
		t.Errorf("2000 instructions in 1 ms: %v ns each", got)
	}
	if got := (Speed{}).PerInstruction(); !math.IsInf(got, 1) {
		t.Errorf("a guest that did not run: %v ns", got)
	}
}
