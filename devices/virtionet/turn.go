package virtionet

import (
	"sync"
	"sync/atomic"
)

// A turn is held while received frames are on their way, over as many as come one after the other. Who takes it from elsewhere
// knows that none is, and what it changes meanwhile the next frame will see.
type turn struct {
	sync.Mutex
	wanted atomic.Int32
}

// take is Lock that makes the one who moves frames give way.
func (t *turn) take() {
	t.wanted.Add(1)
	t.Lock()
	t.wanted.Add(-1)
}
