package char

import (
	"errors"
	"os"
	"testing"
)

func TestARingKeepsTheLastBytes(t *testing.T) {
	r, err := NewRing(8)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, r, true)
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"abc", "abc"}, {"defgh", "abcdefgh"}, {"ij", "cdefghij"}, {"0123456789ABCDEFGHIJ", "CDEFGHIJ"},
	} {
		write(t, r, c.text)
		if got := string(r.Bytes()); got != c.want {
			t.Errorf("after %q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestARingIsAPowerOfTwo(t *testing.T) {
	for _, size := range []uint64{0, 3, 1 << 31} {
		if _, err := NewRing(size); err == nil {
			t.Errorf("a ring of %d bytes was made", size)
		}
	}
}

func TestNullTakesAllAndGivesNothing(t *testing.T) {
	n := NewNull()
	write(t, n, "gone")
	if here, _ := n.Connected(); here {
		t.Error("somebody is connected to nothing")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := n.Read(make([]byte, 1))
		ended <- err
	}()
	if err := errors.Join(n.Close(), n.Close()); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("Read: %v", err)
	}
}
