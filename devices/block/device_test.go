package block

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// loopDevice is a block device of the host with an image of n bytes behind it.
func loopDevice(t *testing.T, n int) (device string) {
	t.Helper()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("a block device needs root and the loop driver: %v", err)
	}
	defer control.Close()
	file := image(t, n)
	backing, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer backing.Close()
	for { // another process may be as quick to take the same one
		number, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			t.Fatal(err)
		}
		device = fmt.Sprintf("/dev/loop%d", number)
		loop, err := os.OpenFile(device, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		err = unix.IoctlSetInt(int(loop.Fd()), unix.LOOP_SET_FD, int(backing.Fd()))
		if err == unix.EBUSY {
			_ = loop.Close()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.IoctlSetInt(int(loop.Fd()), unix.LOOP_CLR_FD, 0); err != nil {
				t.Error(err)
			}
			_ = loop.Close()
		})
		return device
	}
}

func TestABlockDeviceIsReadWrittenZeroedAndDiscarded(t *testing.T) {
	const n = 4 << 20
	for _, o := range []Options{{Unmap: true}, {Unmap: true, Direct: true}} {
		t.Run(fmt.Sprintf("direct %v", o.Direct), func(t *testing.T) {
			device := loopDevice(t, n)
			f := openFile(t, device, o)
			if f.Size() != n || !f.device {
				t.Fatalf("%d bytes, a device: %v", f.Size(), f.device)
			}
			want := pattern(n, 1)
			copy(want[8192:], pattern(64<<10, 9))
			write(t, f, 8192, pattern(64<<10, 9))
			for i, unmap := range []bool{true, false} {
				off := int64(1+i) << 20
				clear(want[off:][:128<<10])
				if err := f.WriteZeroes(off, 128<<10, unmap); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Flush(); err != nil {
				t.Fatal(err)
			}
			same(t, "the device", read(t, f, 0, n), want)
			if err := f.Discard(3<<20, 1<<20); err != nil {
				t.Fatal(err)
			}
			same(t, "what was not discarded", read(t, f, 0, 3<<20), want[:3<<20])
		})
	}
}

func TestABlockDeviceShrinksForItsUserAndDoesNotGrow(t *testing.T) {
	device := loopDevice(t, 1<<20)
	f := openFile(t, device, Options{})
	if err := f.Resize(512 << 10); err != nil || f.Size() != 512<<10 {
		t.Errorf("%d bytes, %v", f.Size(), err)
	}
	if err := f.Resize(2 << 20); err == nil || f.Size() != 512<<10 {
		t.Errorf("it grew: %d bytes, %v", f.Size(), err)
	}
}
