package virtioblk

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// maxWorkers is how many requests of a queue the host sees at once: each costs a thread while it is in a system call. QEMU's
// pool has 64 for all of its disks.
const maxWorkers = 16

// A pool does the requests of one queue. submit, poll and close are for the goroutine that serves it.
type pool struct {
	submitted chan *request // both have room for all requests of the queue: no send blocks
	performed chan *request
	bell      *bell
	work      func(*request)

	workers int
	idle    atomic.Int32
	running sync.WaitGroup
}

func (p *pool) open(size int, work func(*request), b *bell) {
	p.submitted, p.performed = make(chan *request, size), make(chan *request, size)
	p.work, p.bell = work, b
}

// submit has a worker do r. Workers come when there is work for one more, and stay.
func (p *pool) submit(r *request) {
	p.submitted <- r
	if len(p.submitted) > int(p.idle.Load()) && p.workers < maxWorkers {
		p.workers++
		p.running.Go(p.labour)
	}
}

func (p *pool) labour() {
	for {
		p.idle.Add(1)
		r, ok := <-p.submitted
		p.idle.Add(-1)
		if !ok {
			return
		}
		p.work(r)
		p.performed <- r
		p.bell.ring()
	}
}

// yield lets a worker begin here and now. Go's scheduler would wake another thread for it, at many times the price of a write that
// ends in the host's page cache, or leave it waiting behind a goroutine that is about to sleep in a system call.
func (p *pool) yield() {
	if len(p.submitted) > 0 {
		runtime.Gosched()
	}
}

// poll returns a request that has been done, or nil.
func (p *pool) poll() *request {
	select {
	case r := <-p.performed:
		return r
	default:
		return nil
	}
}

// any says whether poll has something to return.
func (p *pool) any() bool { return len(p.performed) > 0 }

// close returns when all that was submitted has been done.
func (p *pool) close() {
	close(p.submitted)
	p.running.Wait()
}
