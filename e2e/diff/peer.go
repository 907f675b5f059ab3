package main

import "sync"

// A peer is the other end of a netdev or of a character device.
type peer interface {
	send(b []byte) error
	// unread says whether the machine has not taken all that was sent.
	unread() bool
	// waiting are the frames that came and were not taken; take forgets n of them.
	waiting() [][]byte
	take(n int)
	close()
}

// An inbox is what came, in order. A goroutine of the peer fills it.
type inbox struct {
	mu     sync.Mutex
	frames [][]byte
}

func (b *inbox) put(frame []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames = append(b.frames, frame)
}

func (b *inbox) waiting() [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.frames
}

func (b *inbox) take(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames = b.frames[n:]
}
