package initramfs

import (
	"slices"
	"testing"
)

func TestAnOverlayLeavesDirectoriesThatAreThereAlone(t *testing.T) {
	a := New()
	for _, name := range []string{"/tmp/new/file", "/tmp/old"} {
		if err := a.Bytes(name, 0o644, nil); err != nil {
			t.Fatal(err)
		}
	}
	got := a.Overlay(func(name string) bool { return name == "/tmp" || name == "/tmp/old" })
	if want := []string{"tmp/new", "tmp/new/file", "tmp/old"}; !slices.Equal(got.Names(), want) {
		t.Errorf("%q, want %q", got.Names(), want)
	}
	if !a.Has("/tmp") {
		t.Error("the archive itself has lost it")
	}
}
