package net

import (
	"fmt"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// reader is a way to take a frame from a descriptor.
type reader struct {
	name string
	read func(fd int, iov []unix.Iovec) bool
}

var readers = []reader{
	{"Link.Receive", func(fd int, iov []unix.Iovec) bool {
		_, err := (&fdLink{fd}).Receive(iov)
		return err == nil
	}},
	{"Syscall(readv)", func(fd int, iov []unix.Iovec) bool {
		_, _, errno := unix.Syscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(len(iov)))
		return errno == 0
	}},
	{"RawSyscall(readv)", func(fd int, iov []unix.Iovec) bool {
		_, _, errno := unix.RawSyscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(len(iov)))
		return errno == 0
	}},
}

// BenchmarkTapReceive takes frames from a tap that was filled before, one by one, beside the bare system calls.
func BenchmarkTapReceive(b *testing.B) {
	runtime.LockOSThread() // never unlocked: the thread goes with its namespace
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		b.Fatal(err)
	}
	tap, host := benchTap(b)
	for _, payload := range []int{10, 1460, 64000} {
		for _, r := range readers {
			b.Run(fmt.Sprintf("%dB/%s", payload+54, r.name), func(b *testing.B) {
				b.ReportAllocs()
				drain(b, tap.fds[0], host, tcpFrame(payload), r)
			})
		}
	}
}

func benchTap(b *testing.B) (*Tap, int) {
	tap, err := OpenTap(TapConfig{Name: "bench", VNetHdr: VNetHdrOn})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tap.Close() })
	ip(b, "link set bench up")
	if err := tap.SetOffload(OffloadCsum | OffloadTSO4); err != nil {
		b.Fatal(err)
	}
	return tap, wire(b, "bench", true)
}

// drain fills the tap's queue with the clock stopped and then empties it into 17 vectors of 4 KiB.
func drain(b *testing.B, fd, host int, frame []byte, r reader) {
	hdr := gsoHeader
	if len(frame) <= 1514 {
		hdr = make([]byte, 10)
	}
	sent := append(append([]byte{}, hdr...), frame...)
	var vecs []unix.Iovec
	for range 17 {
		vecs = append(vecs, iov(make([]byte, 4096))...)
	}
	for waiting := 0; b.Loop(); waiting-- {
		if waiting == 0 {
			b.StopTimer()
			for r.read(fd, vecs) {
			}
			for ; waiting < 400; waiting++ {
				if _, err := unix.Write(host, sent); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
		}
		if !r.read(fd, vecs) {
			b.Fatal("a frame is missing")
		}
	}
}
