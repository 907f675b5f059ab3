package guestinit

import (
	"fmt"
	"io"
	"sync"
)

// stdinWindow is how much stdin the host may send ahead of the command.
const stdinWindow = 64 << 10

// endOfTransmission is what a terminal takes for the end of input (VEOF).
const endOfTransmission = 4

// A stdinQueue holds stdin between the port and the command, so that a command that does not read keeps no signal from
// coming through. The window bounds it.
type stdinQueue struct {
	mu   sync.Mutex
	more sync.Cond
	data []byte
	end  bool
}

func newStdinQueue() *stdinQueue {
	q := new(stdinQueue)
	q.more.L = &q.mu
	return q
}

// put appends data. It is an error if the host sends more than was granted.
func (q *stdinQueue) put(data []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.data)+len(data) > stdinWindow {
		return fmt.Errorf("the host sent %d bytes of stdin beyond the window of %d", len(q.data)+len(data)-stdinWindow, stdinWindow)
	}
	if !q.end {
		q.data = append(q.data, data...)
		q.more.Signal()
	}
	return nil
}

// finish says that no more comes.
func (q *stdinQueue) finish() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end = true
	q.more.Signal()
}

// take waits for data and takes what there is, at most into p; io.EOF at the end.
func (q *stdinQueue) take(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.data) == 0 && !q.end {
		q.more.Wait()
	}
	if len(q.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, q.data)
	q.data = append(q.data[:0], q.data[n:]...)
	return n, nil
}
