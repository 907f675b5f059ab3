package carrier

import (
	"io"
	"strings"
	"sync"
)

// tailSize is how much of the console an error can show.
const tailSize = 4 << 10

// A tail keeps the end of what is written to it, and passes all of it on.
type tail struct {
	next io.Writer // nil for nobody

	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.last = append(t.last, p...)
	if n := len(t.last) - tailSize; n > 0 {
		t.last = append(t.last[:0], t.last[n:]...)
	}
	t.mu.Unlock()
	if t.next != nil {
		return t.next.Write(p)
	}
	return len(p), nil
}

// String is the end of the console, without what could confuse a terminal; it begins with a whole line if it was cut.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.Map(printable, string(t.last))
	if _, rest, ok := strings.Cut(text, "\n"); ok && len(t.last) == tailSize {
		text = rest
	}
	return strings.TrimSpace(text)
}

func printable(r rune) rune {
	if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f {
		return r
	}
	return -1
}
