package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cpuTime is how long each thread of a process has had a CPU, in nanoseconds. Unlike the time that a guest sees pass it leaves
// out what other processes on a busy host took, and so tells the price of a frame when rates tell only how busy the host was.
type cpuTime map[string]uint64

func cpuTimeOf(pid int) cpuTime {
	t := cpuTime{}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		if ns, err := strconv.ParseUint(first, 10, 64); err == nil {
			t[path] = ns
		}
	}
	return t
}

// device is what all threads but one took since before: that one is the busiest, the virtual CPU, whose guest polls.
func (t cpuTime) device(before cpuTime) uint64 {
	var total, busiest uint64
	for thread, ns := range t {
		took := ns - min(ns, before[thread])
		total += took
		busiest = max(busiest, took)
	}
	return total - busiest
}

// threadTime is that of the calling thread.
func threadTime() uint64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return uint64(t.Nano())
}
