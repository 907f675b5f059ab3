package block

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// image makes a file of n bytes that no two sectors of are alike.
func image(t testing.TB, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, pattern(n, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pattern(n int, seed byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)*7 ^ byte(i>>8)*13 ^ seed
	}
	return b
}

func openFile(t testing.TB, path string, o Options) *File {
	t.Helper()
	f, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// cut makes vectors of b, of the given lengths in turn.
func cut(b []byte, lengths ...int) (iov []unix.Iovec) {
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), lengths[i%len(lengths)])
		iov = append(iov, iovec.Of(b[:n]))
		b = b[n:]
	}
	return iov
}

func read(t testing.TB, d Backend, off int64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if err := d.ReadAt(cut(b, n), off); err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, d Backend, off int64, b []byte) {
	t.Helper()
	if err := d.WriteAt(cut(b, len(b)), off); err != nil {
		t.Fatal(err)
	}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func same(t testing.TB, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes differ from the %d that are wanted", what, len(got), len(want))
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
