package qmp

import (
	"bufio"
	"errors"
	"io"
)

// Bounds of one request, which keep a client from filling our memory.
const (
	maxRequest = 1 << 20
	maxDepth   = 64
)

var (
	errTooLong = errors.New("JSON parse error, the request is too long")
	errTooDeep = errors.New("JSON parse error, the request is nested too deep")
	errNoJSON  = errors.New("JSON parse error, a request begins with {")
)

// input cuts a stream into JSON objects and arrays, without looking at more of them than brackets and strings. Lines mean nothing,
// but that what is no request is passed over to the end of its line.
type input struct {
	in   *bufio.Reader
	text []byte
	open []byte // brackets that are, innermost last
}

func newInput(r io.Reader) *input { return &input{in: bufio.NewReader(r)} }

// next returns the text of a request, valid until the next call. After an error that is not the stream's it goes on.
func (i *input) next() ([]byte, error) {
	i.text, i.open = i.text[:0], i.open[:0]
	if err := i.skipSpace(); err != nil {
		return nil, err
	}
	for {
		b, err := i.in.ReadByte()
		if err != nil {
			return nil, err
		}
		if err := i.take(b); err != nil {
			return nil, errors.Join(err, i.skipLine(b))
		}
		if b == '"' {
			if err := i.readString(); err != nil {
				return nil, err
			}
		}
		if len(i.open) == 0 {
			return i.text, nil
		}
	}
}

func (i *input) skipSpace() error {
	for {
		b, err := i.in.ReadByte()
		if err != nil {
			return err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return i.in.UnreadByte()
		}
	}
}

// take adds a byte outside of strings.
func (i *input) take(b byte) error {
	i.text = append(i.text, b)
	switch b {
	case '{', '[':
		i.open = append(i.open, b+2) // in ASCII the closing bracket of either comes two behind it
	case '}', ']':
		if len(i.open) == 0 || i.open[len(i.open)-1] != b {
			return errNoJSON
		}
		i.open = i.open[:len(i.open)-1]
	default:
		if len(i.open) == 0 {
			return errNoJSON
		}
	}
	return i.bound()
}

func (i *input) bound() error {
	switch {
	case len(i.open) > maxDepth:
		return errTooDeep
	case len(i.text) > maxRequest:
		return errTooLong
	}
	return nil
}

// readString adds the rest of a string whose opening quote was taken.
func (i *input) readString() error {
	for {
		b, err := i.in.ReadByte()
		if err != nil {
			return err
		}
		i.text = append(i.text, b)
		if err := i.bound(); err != nil {
			return errors.Join(err, i.skipLine(b))
		}
		switch b {
		case '"':
			return nil
		case '\\':
			if b, err = i.in.ReadByte(); err != nil {
				return err
			}
			i.text = append(i.text, b)
		}
	}
}

// skipLine passes over the rest of a line of which last was read.
func (i *input) skipLine(last byte) (err error) {
	for last != '\n' {
		if last, err = i.in.ReadByte(); err != nil {
			return err
		}
	}
	return nil
}
