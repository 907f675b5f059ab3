package main

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func TestTheDevicesTimeIsThatOfAllThreadsButTheBusiest(t *testing.T) {
	before := cpuTime{"vcpu": 100, "io": 50, "gone": 10}
	after := cpuTime{"vcpu": 1100, "io": 350, "new": 7}
	if got := after.device(before); got != 307 {
		t.Errorf("%d ns, want 300 of the one and 7 of the other", got)
	}
	if got := (cpuTime{}).device(before); got != 0 {
		t.Errorf("%d ns of a process that is gone", got)
	}
}

func TestAProcessHasAThreadThatHasRun(t *testing.T) {
	var total uint64
	for _, ns := range cpuTimeOf(os.Getpid()) {
		total += ns
	}
	if total == 0 || threadTime() == 0 {
		t.Errorf("%d ns of CPU for this process, %d for this thread", total, threadTime())
	}
}

func TestARowIsSeenWhenItBeginsAndOnlyThere(t *testing.T) {
	rows := 0
	s := &serialPort{Reader: iotest.OneByteReader(strings.NewReader("\nPAYLOAD RX \nREADY\nRX us=1\nTX us=1 RX \nRXX \nEND\n")), row: func() { rows++ }}
	if _, err := io.ReadAll(s); err != nil || rows != 2 {
		t.Errorf("%d rows, %v; want 2", rows, err)
	}
}
