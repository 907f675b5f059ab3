package char

import (
	"fmt"
	"sync"
)

// A Ring keeps the last bytes that were written (QEMU's ringbuf). Somebody is always connected.
type Ring struct {
	Null // for what it reads

	mu   sync.Mutex
	b    []byte
	next uint64 // bytes written
}

const maxRing = 1 << 30

// NewRing makes a ring of size bytes, a power of two.
func NewRing(size uint64) (*Ring, error) {
	if size == 0 || size&(size-1) != 0 || size > maxRing {
		return nil, fmt.Errorf("char: size=%d: a ringbuf's must be a power of two, at most %d", size, maxRing)
	}
	r := &Ring{Null: Null{closed: make(chan struct{})}, b: make([]byte, size)}
	r.set(true)
	return r, nil
}

func (r *Ring) String() string { return "ringbuf" }

// Write replaces the oldest bytes where there is no more room.
func (r *Ring) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for rest := p; len(rest) > 0; {
		n := copy(r.b[r.next%uint64(len(r.b)):], rest)
		rest, r.next = rest[n:], r.next+uint64(n)
	}
	return len(p), nil
}

// Bytes returns a copy of what is kept, the oldest first.
func (r *Ring) Bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := uint64(len(r.b))
	if r.next <= size {
		return append([]byte(nil), r.b[:r.next]...)
	}
	at := r.next % size
	return append(append([]byte(nil), r.b[at:]...), r.b[:at]...)
}
