package main

import (
	"bytes"
	"io"
)

// A serialPort passes on what a guest prints, and calls when a row begins. A row takes milliseconds to print, an exit for
// each character; the last one is followed by the machine's end.
type serialPort struct {
	io.Reader
	row  func()
	line []byte // its first bytes
}

func (s *serialPort) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	for _, c := range p[:n] {
		s.see(c)
	}
	return n, err
}

func (s *serialPort) see(c byte) {
	switch {
	case c == '\n':
		s.line = s.line[:0]
	case len(s.line) < len("RX "):
		s.line = append(s.line, c)
		if bytes.Equal(s.line, []byte("RX ")) || bytes.Equal(s.line, []byte("TX ")) {
			s.row()
		}
	}
}
