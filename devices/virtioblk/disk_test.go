package virtioblk

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/devices/iovec"
)

// A script is a disk whose calls the test hears of, holds up, and fails.
type script struct {
	block.Backend
	gate chan struct{} // each read and write takes one, if it is not nil, once begin was called
	on   atomic.Bool
	fail atomic.Pointer[error]

	mu    sync.Mutex
	calls []string
	most  int // reads and writes that were under way at once
	now   int
}

func newScript(size int64) *script {
	n, err := block.NewNull(size, true)
	if err != nil {
		panic(err)
	}
	return &script{Backend: n}
}

func (s *script) ReadAt(iov []unix.Iovec, off int64) error {
	defer s.enter("read")()
	if err := s.failure(); err != nil {
		return err
	}
	return s.Backend.ReadAt(iov, off)
}

func (s *script) WriteAt(iov []unix.Iovec, off int64) error {
	defer s.enter("write")()
	if err := s.failure(); err != nil {
		return err
	}
	return s.Backend.WriteAt(iov, off)
}

func (s *script) Flush() error {
	s.note("flush")
	return s.failure()
}

func (s *script) Discard(int64, int64) error {
	s.note("discard")
	return s.failure()
}

func (s *script) WriteZeroes(int64, int64, bool) error {
	s.note("zero")
	return s.failure()
}

func (s *script) failure() error {
	if err := s.fail.Load(); err != nil {
		return *err
	}
	return nil
}

// failWith makes all calls fail from here on, until it is given nil.
func (s *script) failWith(err error) {
	if err == nil {
		s.fail.Store(nil)
		return
	}
	s.fail.Store(&err)
}

func (s *script) note(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *script) enter(call string) (leave func()) {
	s.note(call)
	s.mu.Lock()
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	if s.gate != nil && s.on.Load() {
		<-s.gate
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}
}

// begin forgets what a device asks when it is made.
func (s *script) begin() {
	s.heard()
	s.on.Store(true)
}

func (s *script) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.calls
	s.calls = nil
	return out
}

// underWay is how many reads and writes are, and the most that ever were.
func (s *script) underWay() (now, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.most
}

// boot is a disk whose first sector is given.
type boot struct {
	*block.Null
	first []byte
}

func (b boot) ReadAt(iov []unix.Iovec, off int64) error {
	if off == 0 {
		copy(iovec.Bytes(iov[0]), b.first)
	}
	return nil
}
