package net

import "golang.org/x/sys/unix"

// Null is a netdev to nowhere, as a hubport with no other port: frames vanish, none arrive.
type Null struct{ link nullLink }

// NewNull makes one.
func NewNull() (*Null, error) {
	ours, theirs, err := SocketPair()
	if err != nil {
		return nil, err
	}
	return &Null{nullLink{fdLink{ours}, theirs}}, nil
}

func (n *Null) Links() []Link              { return []Link{&n.link} }
func (n *Null) Offloads() Offload          { return 0 }
func (n *Null) SetHeader(h int) error      { return checkHeader(h, false) }
func (n *Null) SetOffload(o Offload) error { return checkOffload(o, 0) }
func (n *Null) SetQueues(q int) error      { return checkQueues(q, 1) }
func (n *Null) Close() error               { return closeLinks(n.link.fd, n.link.far) }

// nullLink has a socket only so that it can be polled: never readable, always writable.
type nullLink struct {
	fdLink
	far int
}

func (*nullLink) Send([]unix.Iovec) error { return nil }
