package block

import "testing"

func TestDirectTakesMemoryOfAnyAlignment(t *testing.T) {
	for _, tc := range []struct {
		name    string
		skew    int
		lengths []int
	}{
		{"aligned", 0, []int{4096}},
		{"memory that begins anywhere", 13, []int{4096}},
		{"vectors that end anywhere", 0, []int{100, 4001, 1}},
		{"more than the buffer between", 1, []int{1 << 20}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const n = 640 << 10
			path := image(t, 1<<20)
			f := openFile(t, path, Options{Direct: true})
			if f.Alignment() < SectorSize {
				t.Fatalf("the alignment is %d", f.Alignment())
			}
			b := alignedBytes(n+4096, pageSize)[tc.skew:][:n]
			copy(b, pattern(n, 77))
			if err := f.WriteAt(cut(b, tc.lengths...), 64<<10); err != nil {
				t.Fatal(err)
			}
			same(t, "the file", contents(t, path)[64<<10:][:n], pattern(n, 77))
			clear(b)
			if err := f.ReadAt(cut(b, tc.lengths...), 64<<10); err != nil {
				t.Fatal(err)
			}
			same(t, "what was read", b, pattern(n, 77))
		})
	}
}

func TestDirectReadsTheEndOfAnOddFileAsZeros(t *testing.T) {
	f := openFile(t, image(t, 4096+700), Options{Direct: true})
	n := int(f.Size() - 4096)
	if n%int(f.Alignment()) != 0 {
		n = int(roundUp(int64(n), f.Alignment()))
	}
	want := append(pattern(4096+700, 1)[4096:], make([]byte, n-700)...)
	same(t, "the end", read(t, f, 4096, n), want)
}
