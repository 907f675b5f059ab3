// Package leaktest fails a package's tests if they leave a goroutine or a descriptor behind. It is for TestMain.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

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
	if code == 0 {
		if err := Goroutines(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if after := Descriptors(); after > before && code == 0 {
		fmt.Fprintf(os.Stderr, "%d descriptors are open, %d were\n", after, before)
		code = 1
	}
	return code
}

// patience is how long goroutines may take to end whom nobody waits for, on a machine full of other work.
const patience = 30 * time.Second

// Goroutines returns what goroutines there are besides the caller's, once they had time to end, or nil.
func Goroutines() (err error) {
	for end := time.Now().Add(patience); ; {
		if err = goleak.Find(); err == nil || time.Now().After(end) { // Find itself looks for half a second
			return err
		}
	}
}

// Descriptors counts what this process has open.
func Descriptors() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(d)
}
