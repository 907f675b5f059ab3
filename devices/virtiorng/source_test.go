package virtiorng_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtiorng"
	"golang.org/x/sys/unix"
)

func open(t *testing.T, path string) *virtiorng.File {
	t.Helper()
	f, err := virtiorng.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAResetEndsTheWaitForAPipeAndTheNextDriverReadsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	h, ring := start(t, virtiorng.Config{Source: open(t, path)}, modern)
	ask(h, ring.Add, 4)
	ring.Kick()
	h.Reset(modern)
	ring = h.Queue(0)
	bufs := ask(h, ring.Add, 4)
	ring.Kick()
	if err := os.WriteFile(path, []byte("dice"), 0); err != nil {
		t.Fatal(err)
	}
	if used := ring.Wait(soon); used.Len != 4 || string(content(h, bufs)) != "dice" {
		t.Errorf("%d bytes: %q", used.Len, content(h, bufs))
	}
}

func TestAFileThatEndsIsTheHostsFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, ring := start(t, virtiorng.Config{Source: open(t, path)}, modern)
	ask(h, ring.Add, 4)
	ring.Kick()
	<-h.Done()
	if err := h.Stop(); err == nil || !strings.Contains(err.Error(), "short has ended") {
		t.Errorf("the device ended with %v", err)
	}
}

func TestASourceThatDoesNotExistIsSaid(t *testing.T) {
	if _, err := virtiorng.OpenFile("/nonexistent/random"); err == nil || !strings.Contains(err.Error(), "/nonexistent/random") {
		t.Errorf("error %v", err)
	}
}
