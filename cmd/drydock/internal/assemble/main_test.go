package assemble

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also fails if an assembly leaves a goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	if r, w, err := os.Pipe(); err == nil { // Go's poller opens its own descriptors with the first pipe
		r.Close()
		w.Close()
	}
	before := descriptors()
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if after := descriptors(); after > before && code == 0 {
		fmt.Fprintf(os.Stderr, "%d descriptors are open, %d were\n", after, before)
		code = 1
	}
	os.Exit(code)
}

func descriptors() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(d)
}
