package block

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadsAndWritesTakeVectorsOfAnyShape(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lengths []int
	}{
		{"one vector", []int{1 << 20}},
		{"pages", []int{4096}},
		{"single bytes and odd lengths", []int{1, 511, 3, 4093}},
		{"more than one system call takes", []int{13}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := image(t, 1<<20)
			f := openFile(t, path, Options{})
			want := pattern(64<<10, 99)
			if err := f.WriteAt(cut(append([]byte(nil), want...), tc.lengths...), 4096); err != nil {
				t.Fatal(err)
			}
			same(t, "the file", contents(t, path)[4096:][:len(want)], want)
			got := make([]byte, len(want))
			if err := f.ReadAt(cut(got, tc.lengths...), 4096); err != nil {
				t.Fatal(err)
			}
			same(t, "what was read", got, want)
		})
	}
}

func TestNoVectorsAreNoRequest(t *testing.T) {
	f := openFile(t, image(t, 4096), Options{})
	if err := f.ReadAt(nil, 4096); err != nil {
		t.Error(err)
	}
	if err := f.WriteAt([]unix.Iovec{{}}, 0); err != nil {
		t.Error(err)
	}
}

func TestADiskIsWholeSectorsAndReadsAsZerosBehindTheLastByte(t *testing.T) {
	path := image(t, 1500)
	f := openFile(t, path, Options{})
	if f.Size() != 1536 {
		t.Fatalf("the size is %d", f.Size())
	}
	same(t, "the last sector", read(t, f, 1024, 512), append(pattern(1500, 1)[1024:], make([]byte, 36)...))
	write(t, f, 1024, pattern(512, 5))
	same(t, "the last sector, written", read(t, f, 1024, 512), pattern(512, 5))
}

func TestAFileThatBecameShorterIsAnErrorAndNotZeros(t *testing.T) {
	path := image(t, 8192)
	f := openFile(t, path, Options{})
	if err := os.Truncate(path, 4000); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	wantError(t, f.ReadAt(cut(b, 4096), 0), io.ErrUnexpectedEOF)
	wantError(t, f.ReadAt(cut(b, 512), 4096), io.ErrUnexpectedEOF)
	same(t, "what is still there", read(t, f, 0, 512), pattern(512, 1))
}

func TestResizeChangesFileAndSize(t *testing.T) {
	path := image(t, 4096)
	f := openFile(t, path, Options{})
	for _, n := range []int64{8192, 1024} {
		if err := f.Resize(n); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(path); err != nil || st.Size() != n || f.Size() != n {
			t.Errorf("the file has %v bytes (%v), the disk %d, want %d", st, err, f.Size(), n)
		}
	}
	for _, n := range []int64{-512, 1000} {
		if f.Resize(n) == nil {
			t.Errorf("Resize(%d) succeeds", n)
		}
	}
	if err := openFile(t, image(t, 512), Options{ReadOnly: true}).Resize(1024); err == nil {
		t.Error("a read-only image was resized")
	}
}

func TestAFullDiskIsAnErrorOfTheWriteAndLeavesTheRestReadable(t *testing.T) {
	f := openFile(t, small(t, 1<<20), Options{})
	big := pattern(4096, 3)
	var err error
	for off := int64(0); err == nil && off < 4<<20; off += 4096 {
		err = f.WriteAt(cut(append([]byte(nil), big...), 4096), off)
	}
	wantError(t, err, unix.ENOSPC)
	same(t, "what was written before", read(t, f, 0, 4096), big)
}

// small is a sparse image of 4 MiB on a file system that has room for n bytes.
func small(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("drydock-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", n)); err != nil {
		t.Fatalf("mounting a small tmpfs needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path := dir + "/disk.img"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4<<20); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAfterAFlushThatFailedNoFlushSucceeds(t *testing.T) {
	f := openFile(t, image(t, 4096), Options{})
	fd := f.fd
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	f.fd = p[0] // fdatasync of a pipe is EINVAL
	wantError(t, f.Flush(), unix.EINVAL)
	f.fd = fd
	if err := f.Flush(); err == nil || !strings.Contains(err.Error(), "an earlier flush failed") {
		t.Errorf("got %v", err)
	}
	for _, fd := range p {
		_ = unix.Close(fd)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name, path string
		options    Options
		want       string
	}{
		{"a file that is not there", "/nonexistent/disk.img", Options{}, "could not open '/nonexistent/disk.img': no such file or directory"},
		{"a directory", t.TempDir(), Options{ReadOnly: true}, "neither a regular file nor a block device"},
		{"a character device", "/dev/null", Options{}, "neither a regular file nor a block device"},
		{"O_DIRECT where there is none", small(t, 1<<20), Options{Direct: true}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, err := Open(tc.path, tc.options)
			if tc.want == "" { // kernels from 6.6 on have it on tmpfs too
				if err == nil {
					_ = f.Close()
				} else if !strings.Contains(err.Error(), "leave cache=none") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAutoReadOnlyFallsBackAndPlainOpeningFails(t *testing.T) {
	path := small(t, 1<<20)
	dir := path[:strings.LastIndexByte(path, '/')]
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil {
		t.Error("a file of a read-only file system was opened for writing")
	}
	f := openFile(t, path, Options{AutoReadOnly: true})
	if !f.ReadOnly() {
		t.Error("it is not read-only")
	}
	if err := f.Flush(); err != nil {
		t.Errorf("a flush of a read-only image: %v", err)
	}
}
