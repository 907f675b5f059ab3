package char

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// OpenFile makes path the place where bytes go, and input, if it is not empty, the file where they come from. The file is made
// new, or continued.
func OpenFile(path, input string, add bool) (*Files, error) {
	how := unix.O_TRUNC
	if add {
		how = unix.O_APPEND
	}
	out, err := open(path, unix.O_WRONLY|unix.O_CREAT|how)
	if err != nil {
		return nil, err
	}
	in := -1
	if input != "" {
		if in, err = open(input, unix.O_RDONLY); err != nil {
			return nil, errors.Join(err, unix.Close(out))
		}
	}
	return taken("file", in, out)
}

// OpenPipe opens the named pipes path.in and path.out, which are seen from here: what comes through path.in is read. Where they do
// not exist it opens path itself, for both ways.
func OpenPipe(path string) (*Files, error) {
	// For reading and writing: neither open waits for a peer, and the pipe does not end when one leaves.
	in, errIn := open(path+".in", unix.O_RDWR)
	out, errOut := open(path+".out", unix.O_RDWR)
	if errIn == nil && errOut == nil {
		return taken("pipe", in, out)
	}
	if err := closeAll(in, out); err != nil {
		return nil, err
	}
	both, err := open(path, unix.O_RDWR)
	if err != nil {
		return nil, err
	}
	return taken("pipe", both, both)
}

func open(path string, flag int) (int, error) {
	fd, err := unix.Open(path, flag|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK, 0o666)
	if err != nil {
		return -1, fmt.Errorf("char: %s: %w", path, err)
	}
	return fd, nil
}

// taken is newFiles that closes the descriptors where it fails.
func taken(name string, in, out int) (*Files, error) {
	f, err := newFiles(name, in, out)
	if err != nil {
		return nil, errors.Join(err, closeAll(in, out))
	}
	return f, nil
}
