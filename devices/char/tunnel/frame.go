package tunnel

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// A kind says what a frame is about.
type kind uint8

const (
	hello   kind = 1 + iota // a word
	welcome                 // the same word
	bye                     // no more is accepted
	open
	data
	credit // 32 bits, little-endian: bytes that may be sent besides what may be already
	end
	closed
)

const (
	headerSize = 9 // the kind, and 32 bits, little-endian, each of the connection's number and the payload's length
	wordSize   = 16

	// maxData leaves a frame small enough for one write(2) of a virtio port, which takes 32 KiB: so a writer that is killed leaves no
	// half of one behind.
	maxData = 16 << 10

	// window is how much may be sent ahead of a connection's reader.
	window = 64 << 10
)

// has reports whether a frame of this kind can have a payload of n bytes.
func (k kind) has(n uint32) bool {
	switch k {
	case hello, welcome:
		return n == wordSize
	case data:
		return n > 0 && n <= maxData
	case credit:
		return n == 4
	case bye, open, end, closed:
		return n == 0
	}
	return false
}

type frame struct {
	kind    kind
	id      uint32
	payload []byte // valid until the next is read
}

func appendFrame(b []byte, f frame) []byte {
	b = append(b, byte(f.kind))
	b = binary.LittleEndian.AppendUint32(b, f.id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.payload)))
	return append(b, f.payload...)
}

// A wire reads and writes frames. One goroutine may read while any number write.
type wire struct {
	stream io.ReadWriteCloser
	in     *bufio.Reader
	buf    [maxData]byte

	whole sync.Mutex // a frame is written in one piece
	out   []byte
}

func (w *wire) send(f frame) error {
	w.whole.Lock()
	defer w.whole.Unlock()
	w.out = appendFrame(w.out[:0], f)
	_, err := w.stream.Write(w.out)
	return err
}

func (w *wire) receive() (f frame, err error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(w.in, header[:]); err != nil {
		return f, err
	}
	f.kind, f.id = kind(header[0]), binary.LittleEndian.Uint32(header[1:])
	n := binary.LittleEndian.Uint32(header[5:])
	if !f.kind.has(n) {
		return f, fmt.Errorf("tunnel: no frame is of kind %d with %d bytes: the other side is no tunnel's", f.kind, n)
	}
	f.payload = w.buf[:n]
	_, err = io.ReadFull(w.in, f.payload)
	return f, err
}

// pass reads up to the end of what is wanted, whatever comes before it.
func (w *wire) pass(want []byte) error {
	last := make([]byte, 0, 2*len(want))
	for {
		b, err := w.in.ReadByte()
		if err != nil {
			return err
		}
		if len(last) == cap(last) {
			last = append(last[:0], last[len(last)-len(want):]...)
		}
		last = append(last, b)
		if len(last) >= len(want) && string(last[len(last)-len(want):]) == string(want) {
			return nil
		}
	}
}
