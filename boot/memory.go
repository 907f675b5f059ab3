package boot

import (
	"fmt"
	"io"
)

// slicer is memory that can be read into without a buffer between; virtio.Memory is one.
type slicer interface {
	Slice(gpa, n uint64) ([]byte, error)
}

// put writes b to guest memory. what is for the error.
func put(mem io.WriterAt, gpa uint64, b []byte, what string) error {
	if _, err := mem.WriteAt(b, int64(gpa)); err != nil {
		return fmt.Errorf("writing the %s (%d bytes at %#x): %w", what, len(b), gpa, err)
	}
	return nil
}

// fill copies exactly size bytes of r to guest memory. what is for the error.
func fill(mem io.WriterAt, gpa uint64, r io.Reader, size uint64, what string) error {
	if size == 0 {
		return nil
	}
	n, err := copyIn(mem, gpa, r, size)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("loading the %s: it ended after %d of %d bytes; has the file changed?", what, n, size)
	}
	if err != nil {
		return fmt.Errorf("loading the %s (%d bytes at %#x): %w", what, size, gpa, err)
	}
	return nil
}

func copyIn(mem io.WriterAt, gpa uint64, r io.Reader, size uint64) (int64, error) {
	if s, ok := mem.(slicer); ok {
		b, err := s.Slice(gpa, size)
		if err != nil {
			return 0, err
		}
		n, err := io.ReadFull(r, b)
		return int64(n), err
	}
	return io.CopyN(io.NewOffsetWriter(mem, int64(gpa)), r, int64(size))
}
