package vmm

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// No goroutine and no descriptor may be left behind by a machine.
func TestMain(m *testing.M) {
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
	os.Exit(code)
}

// PayloadPath is where the payload guest is. It is exported, as is Descriptors, for the tests outside of the package.
func PayloadPath() string {
	if path := os.Getenv("DRYDOCK_PAYLOAD"); path != "" {
		return path
	}
	return filepath.Join("..", "build", "payload.elf")
}

// Descriptors counts what this process has open.
func Descriptors() int {
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	return len(d)
}
