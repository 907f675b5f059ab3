package block

import "testing"

func TestANullDiskForgets(t *testing.T) {
	n, err := NewNull(1000, true)
	if err != nil || n.Size() != 1024 {
		t.Fatalf("size %d, %v", n.Size(), err)
	}
	write(t, n, 0, pattern(512, 1))
	b := pattern(512, 2)
	if err := n.ReadAt(cut(b, 100), 0); err != nil {
		t.Fatal(err)
	}
	same(t, "what was read", b, make([]byte, 512))
	if n.Resize(2048) != nil || n.Size() != 2048 || n.Resize(1) == nil {
		t.Errorf("the size is %d", n.Size())
	}
	if _, err := NewNull(-1, false); err == nil {
		t.Error("a disk of -1 bytes was made")
	}
	lazy, err := NewNull(DefaultNullSize, false)
	if err != nil {
		t.Fatal(err)
	}
	b = pattern(512, 3)
	if err := lazy.ReadAt(cut(b, 512), 0); err != nil {
		t.Fatal(err)
	}
	same(t, "what was there before", b, pattern(512, 3))
}
