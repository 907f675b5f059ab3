// Package leaktest fails a package's tests if they leave a goroutine or a descriptor behind. It is for TestMain.
package leaktest

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package and returns the status to exit with.
func Main(m *testing.M) int {
	if r, w, err := os.Pipe(); err == nil { // Go's poller opens its own descriptors with the first pipe
		r.Close()
		w.Close()
	}
	before := Descriptors()
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if after := Descriptors(); after > before && code == 0 {
		fmt.Fprintf(os.Stderr, "%d descriptors are open, %d were\n", after, before)
		code = 1
	}
	return code
}

// Descriptors counts what this process has open.
func Descriptors() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(d)
}
