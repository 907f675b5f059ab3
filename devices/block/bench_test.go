package block

import (
	"testing"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// BenchmarkReadAt is a page-cache hit of 4 KiB: what the package adds to preadv(2).
func BenchmarkReadAt(b *testing.B) {
	f := openFile(b, image(b, 1<<20), Options{})
	buf := make([]byte, 4096)
	var iov [1]unix.Iovec
	b.ReportAllocs()
	b.SetBytes(4096)
	for b.Loop() {
		iov[0] = iovec.Of(buf)
		if err := f.ReadAt(iov[:], 0); err != nil {
			b.Fatal(err)
		}
	}
}
