package qtest

import (
	"bufio"
	"errors"
	"io"
)

// maxLine has room for a block in hexadecimal.
const maxLine = 2*maxBlock + 256

var errTooLong = errors.New("the line is too long")

// lines reads a client's lines, whose end is a newline. What stands behind the last one is none.
type lines struct {
	in  *bufio.Reader
	max int
}

func newLines(r io.Reader) *lines { return &lines{bufio.NewReaderSize(r, 64<<10), maxLine} }

// next returns a line without its end. After errTooLong, which passes over the line, it goes on.
func (l *lines) next() (string, error) {
	var line []byte
	tooLong := false
	for {
		piece, err := l.in.ReadSlice('\n')
		if tooLong = tooLong || len(line)+len(piece) > l.max; !tooLong {
			line = append(line, piece...)
		}
		switch {
		case err == bufio.ErrBufferFull:
		case err != nil:
			return "", err
		case tooLong:
			return "", errTooLong
		default:
			return string(line[:len(line)-1]), nil
		}
	}
}
