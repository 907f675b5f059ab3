package vmm

import (
	"context"
	"sync"
	"sync/atomic"
)

// A gate stands before each entry of a CPU into its guest. Open, it costs one atomic load.
type gate struct {
	cpus   int
	closed atomic.Bool

	mu      sync.Mutex
	holds   int        // closings that were not undone
	waiting int        // CPUs that stand before the gate, or are gone for good
	errands int        // that are under way
	changed *sync.Cond // holds, waiting or errands
}

func newGate(cpus int) *gate {
	g := &gate{cpus: cpus, waiting: cpus} // none of them runs yet
	g.changed = sync.NewCond(&g.mu)
	return g
}

// pass returns when the gate is open, or ctx is done.
func (g *gate) pass(ctx context.Context) {
	if g.closed.Load() {
		g.wait(ctx)
	}
}

func (g *gate) wait(ctx context.Context) {
	stop := context.AfterFunc(ctx, g.wake)
	defer stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(1)
	for g.holds > 0 && ctx.Err() == nil {
		g.changed.Wait()
	}
	g.count(-1)
}

// enter and leave are the first and last thing that a CPU's thread does.
func (g *gate) enter() { g.locked(func() { g.count(-1) }) }
func (g *gate) leave() { g.locked(func() { g.count(1) }) }

// count is called with mu held.
func (g *gate) count(n int) {
	g.waiting += n
	g.changed.Broadcast()
}

func (g *gate) wake() { g.locked(g.changed.Broadcast) }

func (g *gate) locked(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// errand has f called by a goroutine of its own; settle waits for all such. It is no sync.WaitGroup because an errand may be the
// first of its kind while somebody settles: who makes it need not be a CPU.
func (g *gate) errand(f func()) {
	g.locked(func() { g.errands++ })
	go func() {
		defer g.locked(func() { g.errands--; g.changed.Broadcast() })
		f()
	}()
}

func (g *gate) settle() {
	g.locked(func() {
		for g.errands > 0 {
			g.changed.Wait()
		}
	})
}

// shut closes the gate, kicks the CPUs to it, and returns when all stand there.
func (g *gate) shut(kick func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.holds++
	g.closed.Store(true)
	kick()
	for g.waiting < g.cpus && g.holds > 0 {
		g.changed.Wait()
	}
}

// open undoes one shut.
func (g *gate) open() {
	g.locked(func() {
		g.holds--
		g.closed.Store(g.holds > 0)
		g.changed.Broadcast()
	})
}
