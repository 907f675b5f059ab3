package virtio

import "context"

// Next returns the next available chain, and waits for it. Before it waits it makes what was pushed visible and tells the driver, so
// that a burst costs one notification. The error is a *Violation, as Pop's, or that of ctx once that is done, whether or not there are
// chains: a driver that never lets its ring run dry holds nobody.
//
// It is for a device that waits for nothing but its driver; one that polls other descriptors too has Pop, EnableKicks and KickFD.
func (q *Queue) Next(ctx context.Context) (*Chain, error) {
	for {
		if ctx.Err() == nil {
			if c, err := q.Pop(); c != nil || err != nil {
				return c, err
			}
		}
		q.tell()
		if ctx.Err() != nil || !q.EnableKicks() {
			if err := q.Wait(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// Use gives one chain back at once, for a driver that waits for each: Push, Publish and Notify.
func (q *Queue) Use(c *Chain, n uint32) {
	q.Push(c, n)
	q.tell()
}

func (q *Queue) tell() {
	q.Publish()
	q.Notify()
}
