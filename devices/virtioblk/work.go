package virtioblk

import "golang.org/x/sys/unix"

// work does a request. Any number of goroutines call it at once.
func (d *Device) work(r *request) {
	switch r.op {
	case OpRead:
		r.err = d.disk.ReadAt(r.data, r.off)
	case OpWrite:
		r.err = d.durable(d.disk.WriteAt(r.data, r.off))
	case OpFlush:
		r.err = d.disk.Flush()
	case OpDiscard:
		r.err = d.durable(d.disk.Discard(r.off, r.size))
	case OpWriteZeroes:
		r.err = d.durable(d.disk.WriteZeroes(r.off, r.size, r.unmap))
	}
}

// durable is what follows a change of the disk that has no write cache.
func (d *Device) durable(err error) error {
	if err != nil || d.writeCache.Load() {
		return err
	}
	return d.disk.Flush()
}

// maxCached is the longest read that the queue's own goroutine does. What is longer is better copied by several workers.
const maxCached = 64 << 10

// cacher is a disk that can say at once whether it has what is to be read.
type cacher interface {
	// ReadCached is ReadAt if that needs no waiting; else it reports false, having filled any part of the vectors.
	ReadCached(iov []unix.Iovec, off int64) bool
}

// cached does a read without a worker, if the host has it in memory: two crossings between threads cost more than the copy.
func (s *server) cached(r *request) bool {
	if s.cacher == nil || r.op != OpRead || r.size > maxCached || !s.cacher.ReadCached(r.data, r.off) {
		return false
	}
	s.settle(r)
	return true
}

// settle counts a request that the disk has done, and makes its status of the host's error.
func (s *server) settle(r *request) {
	s.count(r)
	if r.err == nil {
		return
	}
	ignore := s.cfg.IgnoreWriteErrors
	if r.op == OpRead {
		ignore = s.cfg.IgnoreReadErrors
	}
	if !ignore {
		r.status = statusIOErr
	}
	s.trouble.report(r)
	r.err = nil
}
