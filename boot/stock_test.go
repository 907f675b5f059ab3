package boot

import (
	"os"
	"path/filepath"
	"testing"
)

// stockKernel is a distribution's kernel on this machine.
func stockKernel(t *testing.T) *os.File {
	t.Helper()
	path := os.Getenv("DRYDOCK_TEST_KERNEL")
	if path == "" {
		found, _ := filepath.Glob("/boot/vmlinuz-*-cloud-amd64")
		if len(found) == 0 {
			t.Fatal("no kernel: install linux-image-cloud-amd64, or name a bzImage in DRYDOCK_TEST_KERNEL")
		}
		path = found[len(found)-1]
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func TestAStockKernelLoadsWithItsInitrdAboveIt(t *testing.T) {
	file := stockKernel(t)
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	k, err := Open(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(mapOf(t, 512<<20))
	e := mustLoad(t, k, g, params(g.m, "console=ttyS0", make([]byte, 10<<20)))
	if k.Kind() != BzImage || e.RIP != g.u64(e.RSI+0x258)+0x200 {
		t.Errorf("%v enters at %#x, prefers %#x", k.Kind(), e.RIP, g.u64(e.RSI+0x258))
	}
	start, size := uint64(g.u32(e.RSI+0x218)), uint64(g.u32(e.RSI+0x260))
	if end := e.RIP - 0x200 + size; start < end || start+10<<20 != 512<<20 {
		t.Errorf("initrd at %#x, the kernel needs memory up to %#x", start, end)
	}
}
