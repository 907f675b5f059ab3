package block

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProbeTellsRawFromWhatItIsNot(t *testing.T) {
	for _, f := range formats {
		b := make([]byte, 4096)
		copy(b[f.at:], f.magic)
		probe(t, b, f.name)
		probe(t, b[:f.at+len(f.magic)], f.name)
		probe(t, b[:f.at+len(f.magic)-1], Raw)
	}
	probe(t, nil, Raw)
	probe(t, []byte{0x55}, Raw)
	if _, err := Probe("/nonexistent"); err == nil {
		t.Error("a file that is not there has a format")
	}
}

func probe(t *testing.T, b []byte, want string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Probe(path); err != nil || got != want {
		t.Errorf("%.20q is %q, %v; want %q", b, got, err, want)
	}
}
