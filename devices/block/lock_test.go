package block

import (
	"strings"
	"testing"
)

func TestTwoMachinesDoNotWriteToOneImage(t *testing.T) {
	for _, tc := range []struct {
		name          string
		first, second Options
		want          string // of the second Open's error; "" if it may
	}{
		{"two writers", Options{}, Options{}, `"write" lock`},
		{"a reader beside a writer", Options{}, Options{ReadOnly: true}, `shared "write" lock`},
		{"a writer beside a reader", Options{ReadOnly: true}, Options{}, `"write" lock`},
		{"two readers", Options{ReadOnly: true}, Options{ReadOnly: true}, ""},
		{"two writers that both share", Options{Share: true}, Options{Share: true}, ""},
		{"two writers of which the first shares", Options{Share: true}, Options{}, `"write" lock`},
		{"two writers of which the second shares", Options{}, Options{Share: true}, `"write" lock`},
		{"one that asks nobody", Options{}, Options{NoLock: true}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := image(t, 4096)
			openFile(t, path, tc.first)
			f, err := Open(path, tc.second)
			if err == nil {
				_ = f.Close()
			}
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path)):
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTheLockEndsWithTheFile(t *testing.T) {
	path := image(t, 4096)
	for range 3 {
		f, err := Open(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
