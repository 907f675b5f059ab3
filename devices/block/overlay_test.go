package block

import (
	"math/rand/v2"
	"testing"
)

func TestAnOverlayReadsWhatWasWrittenAndLeavesTheImageAlone(t *testing.T) {
	const n = 256 << 10
	path := image(t, n)
	o, err := NewOverlay(openFile(t, path, Options{ReadOnly: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	want := pattern(n, 1)
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 2000 {
		off := random.Int64N(n/SectorSize) * SectorSize
		length := min(random.Int64N(40)+1, n/SectorSize-off/SectorSize) * SectorSize
		switch random.IntN(4) {
		case 0:
			b := pattern(int(length), byte(step))
			copy(want[off:], b)
			err = o.WriteAt(cut(b, 100, 1000), off)
		case 1:
			clear(want[off:][:length])
			err = o.WriteZeroes(off, length, step%2 == 0)
		case 2:
			err = o.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, length)
		if err := o.ReadAt(cut(got, 700, 1, 4096), off); err != nil {
			t.Fatal(err)
		}
		same(t, "what was read", got, want[off:][:length])
	}
	same(t, "the whole disk", read(t, o, 0, n), want)
	same(t, "the image", contents(t, path), pattern(n, 1))
}

func TestAnOverlayKeepsItsSizeAndForgetsNothingThatIsDiscarded(t *testing.T) {
	o, err := NewOverlay(openFile(t, image(t, 1500), Options{ReadOnly: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.Size() != 1536 || o.Resize(4096) == nil {
		t.Errorf("the size is %d", o.Size())
	}
	write(t, o, 1024, pattern(512, 7))
	if err := o.Discard(0, 1536); err != nil {
		t.Fatal(err)
	}
	same(t, "the last sector", read(t, o, 1024, 512), pattern(512, 7))
	same(t, "the first sector", read(t, o, 0, 512), pattern(512, 1))
}
