package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

// The one who connects sends one byte, which says who sends the bytes of a stream.
const (
	download = 'd' // to the one who connects
	upload   = 'u'
)

// A stream is what one end has seen of a stream: both ends, and all streams of one size, must have seen the same.
type stream struct {
	Bytes    int64
	Checksum string // SHA-256
}

// streamPatience is for one stream. It ends a test with the right words when the link loses what it should carry.
const streamPatience = 2 * time.Minute

// data is n bytes that do not repeat.
func data(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{1}), n)
}

// expect is what both ends of a stream of n bytes must say.
func expect(n int64) stream {
	s, _ := carry(io.Discard, data(n)) // neither can fail
	return s
}

// carry copies and says what it was.
func carry(to io.Writer, from io.Reader) (stream, error) {
	hash := sha256.New()
	// Plain reader and writer: those of a connection would take the copy into hands that ignore the size of the buffer.
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(hash, to)}, struct{ io.Reader }{from}, make([]byte, 256<<10))
	return stream{n, hex.EncodeToString(hash.Sum(nil))}, err
}

// sendData is one end of a stream.
func sendData(c *net.TCPConn, n int64) (stream, error) {
	s, err := carry(c, data(n))
	return s, errors.Join(err, c.CloseWrite())
}

// receiveData is the other.
func receiveData(c *net.TCPConn) (stream, error) { return carry(io.Discard, c) }

// connect opens a stream at a server and lives through it.
func connect(address string, kind byte, n int64) (s stream, err error) {
	conn, err := net.DialTimeout("tcp4", address, streamPatience)
	if err != nil {
		return s, err
	}
	c := conn.(*net.TCPConn)
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.SetDeadline(time.Now().Add(streamPatience)); err != nil {
		return s, err
	}
	if _, err := c.Write([]byte{kind}); err != nil {
		return s, err
	}
	if kind == download {
		return receiveData(c)
	}
	s, err = sendData(c, n)
	if err == nil {
		_, err = io.Copy(io.Discard, c) // until the other end has taken all
	}
	return s, err
}

// largeSegments has TCP hand frames of up to 64 KB to a NIC that segments them. By itself it sends two segments at a time on a
// slow path (tcp_tso_autosize), and an emulated host is one.
func largeSegments() error {
	return os.WriteFile("/proc/sys/net/ipv4/tcp_min_tso_segs", []byte("44"), 0)
}
