package capture

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/net"
)

// Options are filter-dump's.
type Options struct {
	Name   string // id= of the netdev, the interface's name in the file
	MaxLen int    // maxlen=: bytes of a frame that are kept; 0 is 65536
	Log    zerolog.Logger
}

// Capture is a netdev whose links write each frame that passes.
//
// An error of the file is logged once and ends the capture, never the network; Close returns it. Frames that a link refuses
// are not in the file.
type Capture struct {
	net.Netdev
	links  []net.Link
	file   *file
	header atomic.Int32
}

// New captures n into w from now on. The Capture owns both: Close closes n, writes what is left and closes w. The file always
// ends at a whole packet, at most flushEvery behind, so that it can be read while the machine runs and after it is killed.
func New(n net.Netdev, w io.WriteCloser, o Options) (*Capture, error) {
	if o.MaxLen == 0 {
		o.MaxLen = 65536
	}
	if o.MaxLen < 0 || o.MaxLen > net.MaxFrame {
		return nil, fmt.Errorf("capture: maxlen=%d: 1 to %d", o.MaxLen, net.MaxFrame)
	}
	f, err := newFile(w, o)
	if err != nil {
		return nil, err
	}
	c := &Capture{Netdev: n, file: f}
	for i, l := range n.Links() {
		c.links = append(c.links, newLink(l, c, uint32(i), o.MaxLen))
	}
	return c, nil
}

// Links are those of the netdev, captured.
func (c *Capture) Links() []net.Link { return c.links }

// SetHeader sets the netdev's header, which the file does not get.
func (c *Capture) SetHeader(n int) error {
	if err := c.Netdev.SetHeader(n); err != nil {
		return err
	}
	c.header.Store(int32(n))
	return nil
}

func (c *Capture) Close() error { return errors.Join(c.Netdev.Close(), c.file.close()) }
