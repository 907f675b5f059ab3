package runproto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A Type says what a frame carries.
type Type uint8

// The types, with their payloads.
const (
	Ready    Type = 1 + iota // JSON Hello
	Start                    // JSON Spec
	Stdin                    // data
	StdinEOF                 // none
	Stdout                   // data
	Stderr                   // data
	Signal                   // 32 bits, little-endian: signal number
	Resize                   // JSON Size
	Credit                   // 32 bits, little-endian: bytes of stdin that the host may send besides what it may already
	Warning                  // text, one line
	Exit                     // JSON Status
	Fail                     // JSON Failure
	Bye                      // none
)

// MaxData is the most that a data frame carries; MaxSpec bounds all other payloads. The latter holds any command line that
// Linux itself accepts in practice, with its environment.
const (
	MaxData = 32 << 10
	MaxSpec = 1 << 20
)

// headerLen is a frame's type byte and the 32 bits, little-endian, of its payload's length.
const headerLen = 5

// A Frame is one message. Payload is valid until the next Read of its Conn.
type Frame struct {
	Type    Type
	Payload []byte
}

// limit returns the greatest payload of a type, or -1 if there is no such type.
func (t Type) limit() int {
	switch t {
	case Stdin, Stdout, Stderr:
		return MaxData
	case StdinEOF, Bye:
		return 0
	case Signal, Credit:
		return 4
	case Ready, Start, Resize, Warning, Exit, Fail:
		return MaxSpec
	default:
		return -1
	}
}

// A Conn reads and writes frames. One goroutine may read while any number write.
type Conn struct {
	rw  io.ReadWriter
	buf []byte // of the frame last read

	mu  sync.Mutex // a frame is written whole
	out []byte
}

// NewConn makes a Conn of a byte stream. Its Read need not fill the buffer, its Write must take all or fail.
func NewConn(rw io.ReadWriter) *Conn { return &Conn{rw: rw} }

// Read returns the next frame; io.EOF if the stream ends before one.
func (c *Conn) Read() (Frame, error) {
	var header [headerLen]byte
	if _, err := io.ReadFull(c.rw, header[:]); err != nil {
		return Frame{}, err
	}
	t, n := Type(header[0]), binary.LittleEndian.Uint32(header[1:])
	limit := t.limit()
	if limit < 0 {
		return Frame{}, fmt.Errorf("runproto: no frame has type %d: the other side speaks another protocol", t)
	}
	if n > uint32(limit) {
		return Frame{}, fmt.Errorf("runproto: frame of type %d with %d bytes, more than %d", t, n, limit)
	}
	if err := c.fill(int(n)); err != nil {
		return Frame{}, fmt.Errorf("runproto: frame of type %d with %d bytes: %w", t, n, err)
	}
	return Frame{Type: t, Payload: c.buf}, nil
}

// fill reads n bytes into buf. It grows buf as they arrive: a length alone must not make us allocate.
func (c *Conn) fill(n int) error {
	c.buf = c.buf[:0]
	for len(c.buf) < n {
		step := min(n-len(c.buf), MaxData)
		start := len(c.buf)
		c.buf = append(c.buf, make([]byte, step)...)
		if _, err := io.ReadFull(c.rw, c.buf[start:]); err != nil {
			return noEOF(err)
		}
	}
	return nil
}

// noEOF makes the end of the stream in the middle of a frame an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Write sends one frame.
func (c *Conn) Write(t Type, payload []byte) error {
	if len(payload) > t.limit() {
		return fmt.Errorf("runproto: a frame of type %d cannot carry %d bytes, only %d", t, len(payload), t.limit())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out[:0], byte(t))
	c.out = binary.LittleEndian.AppendUint32(c.out, uint32(len(payload)))
	c.out = append(c.out, payload...)
	_, err := c.rw.Write(c.out)
	return err
}

// WriteNumber sends a frame that carries a number.
func (c *Conn) WriteNumber(t Type, n uint32) error {
	return c.Write(t, binary.LittleEndian.AppendUint32(nil, n))
}

// Number returns the payload of a Signal or Credit frame.
func (f Frame) Number() (uint32, error) {
	if len(f.Payload) != 4 {
		return 0, fmt.Errorf("runproto: frame of type %d with %d bytes instead of 4", f.Type, len(f.Payload))
	}
	return binary.LittleEndian.Uint32(f.Payload), nil
}
