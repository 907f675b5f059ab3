package debugcon

import (
	"bytes"
	"testing"
)

func TestConsolePrintsAndIsFound(t *testing.T) {
	var out bytes.Buffer
	c := New(&out)
	for _, b := range []byte("hello") {
		c.Write(0, []byte{b})
	}
	if out.String() != "hello" {
		t.Errorf("printed %q", out.String())
	}
	p := []byte{0}
	if c.Read(0, p); p[0] != 0xe9 {
		t.Errorf("reads %#x, want 0xe9", p[0])
	}
}
