package virtiorng

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Source is where random bytes come from (QEMU: an rng-backend object).
type Source interface {
	// Fill writes at least one byte into p, which is guest memory and not empty, and returns how many. It returns early when ctx
	// is done. One goroutine at a time calls it; any of its errors but ctx's ends the machine.
	Fill(ctx context.Context, p []byte) (int, error)
}

// Kernel is the host kernel's generator, by getrandom(2). It is QEMU's rng-builtin and never blocks once the host has booted.
type Kernel struct{}

// Fill implements Source.
func (Kernel) Fill(_ context.Context, p []byte) (int, error) {
	for {
		switch n, err := unix.Getrandom(p, 0); err {
		case nil:
			return n, nil
		case unix.EINTR:
		default:
			return 0, fmt.Errorf("getrandom: %w", err)
		}
	}
}

// A File is a character device or a pipe to take bytes from: QEMU's rng-random.
type File struct{ f *os.File }

// OpenFile opens path, such as /dev/urandom or /dev/hwrng. A named pipe is held open for writing, too, so that to open it does not
// wait for a writer and to lose one is not its end.
func OpenFile(path string) (*File, error) {
	flag := os.O_RDONLY
	info, err := os.Stat(path)
	if err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		flag = os.O_RDWR | unix.O_NONBLOCK
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return nil, fmt.Errorf("virtiorng: %w", err)
	}
	return &File{f}, nil
}

// Close closes the file; no device may run on it.
func (s *File) Close() error { return s.f.Close() }

// Fill implements Source. What can make it wait for long, a pipe, has deadlines, and the end of ctx uses them; a generator of the
// host's has none (os.ErrNoDeadline) and answers.
func (s *File) Fill(ctx context.Context, p []byte) (int, error) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = s.f.SetReadDeadline(time.Unix(1, 0))
	})
	n, err := s.f.Read(p)
	if !stop() {
		<-done
		_ = s.f.SetReadDeadline(time.Time{}) // for the next driver
		if n == 0 {
			return 0, ctx.Err()
		}
	}
	if err == io.EOF {
		return 0, fmt.Errorf("%s has ended: give -object rng-random a source that does not", s.f.Name())
	}
	return n, err
}
