package block

import (
	"os"
	"syscall"
	"testing"
)

// The ways to zero, from the one that the file system has to the one that is left.
var ways = []struct {
	name   string
	cannot uint32
	unmap  bool
}{
	{"a hole", 0, true},
	{"zeroed extents", cannotPunch, true},
	{"zeroed extents, no unmap wanted", 0, false},
	{"written zeros", cannotPunch | cannotZero, true},
}

func TestZeroesAreZerosWhicheverWayTheyComeAbout(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			const n = 10 << 20
			path := image(t, n)
			f := openFile(t, path, Options{Unmap: true})
			f.learn(way.cannot)
			if err := f.WriteZeroes(1024, n-4096, way.unmap); err != nil {
				t.Fatal(err)
			}
			want := pattern(n, 1)
			clear(want[1024:][:n-4096])
			same(t, "the file", contents(t, path), want)
		})
	}
}

func TestZeroesAreWrittenWhereTheFileSystemHasNoZeroedExtents(t *testing.T) {
	f := openFile(t, small(t, 1<<20), Options{})
	write(t, f, 0, pattern(8192, 9))
	if err := f.WriteZeroes(512, 4096, true); err != nil {
		t.Fatal(err)
	}
	want := pattern(8192, 9)
	clear(want[512:][:4096])
	same(t, "the file", read(t, f, 0, 8192), want)
	if !f.is(cannotZero) {
		t.Error("tmpfs has learnt to zero extents: this test needs another file system")
	}
}

func TestDiscardGivesRoomBackOnlyIfItMay(t *testing.T) {
	for _, unmap := range []bool{true, false} {
		path := image(t, 1<<20)
		f := openFile(t, path, Options{Unmap: unmap})
		if err := f.Flush(); err != nil {
			t.Fatal(err)
		}
		before := blocks(t, path)
		if err := f.Discard(0, 1<<20); err != nil {
			t.Fatal(err)
		}
		if after := blocks(t, path); (after < before) != unmap {
			t.Errorf("unmap=%v: %d blocks before, %d after", unmap, before, after)
		}
		if len(contents(t, path)) != 1<<20 {
			t.Error("the file has another length")
		}
	}
}

func blocks(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Sys().(*syscall.Stat_t).Blocks
}
