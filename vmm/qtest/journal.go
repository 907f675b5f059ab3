package qtest

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// A journal is -qtest-log: R for what was received, S for what was sent, each with the seconds since the start.
type journal struct {
	to    io.Writer // nil: none
	start time.Time
	mu    *sync.Mutex
}

func newJournal(to io.Writer) journal { return journal{to, time.Now(), new(sync.Mutex)} }

func (j journal) received(line string) { j.write('R', line) }
func (j journal) sent(line string)     { j.write('S', line) }

// write drops errors: a log that cannot be written must not change what is logged.
func (j journal) write(which byte, line string) {
	if j.to == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = fmt.Fprintf(j.to, "[%c +%f] %s\n", which, time.Since(j.start).Seconds(), line)
}
