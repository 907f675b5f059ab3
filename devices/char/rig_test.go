package char

import (
	"io"
	"testing"
	"time"
)

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// read reads n bytes.
func read(t *testing.T, from io.Reader, n int) string {
	t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(from, b); err != nil {
		t.Fatalf("after %q: %v", b, err)
	}
	return string(b)
}

func write(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := to.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// wait returns when somebody is connected, or nobody is.
func wait(t *testing.T, b Backend, want bool) {
	t.Helper()
	timeout := time.After(patience)
	for {
		here, changed := b.Connected()
		if here == want {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("%s: connected is %v", b, here)
		}
	}
}

// reading reads b in a goroutine, so that it notices when peers come and go, and returns what it read.
func reading(t *testing.T, b Backend) <-chan string {
	texts := make(chan string)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(texts)
		p := make([]byte, 100)
		for {
			n, err := b.Read(p)
			if err != nil {
				return
			}
			texts <- string(p[:n])
		}
	}()
	t.Cleanup(func() {
		_ = b.Close()
		for range texts {
		}
		<-done
	})
	return texts
}
