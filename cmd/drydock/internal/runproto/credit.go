package runproto

import (
	"math"
	"sync"
)

// A credit counts the bytes of stdin that may be sent. Any goroutine may use it.
type credit struct {
	mu     sync.Mutex
	more   sync.Cond
	bytes  uint32
	closed bool
}

func newCredit() *credit {
	c := new(credit)
	c.more.L = &c.mu
	return c
}

// add grants n bytes. What the other side grants beyond 32 bits is lost: no honest one comes near.
func (c *credit) add(n uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += min(n, math.MaxUint32-c.bytes)
	c.more.Broadcast()
}

// take waits for credit and returns how much of limit it gives, 0 once closed.
func (c *credit) take(limit int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.bytes == 0 && !c.closed {
		c.more.Wait()
	}
	if c.closed {
		return 0
	}
	n := min(uint32(limit), c.bytes)
	c.bytes -= n
	return int(n)
}

func (c *credit) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.more.Broadcast()
}
