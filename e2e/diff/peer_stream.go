package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// A streamPeer is the other end of a socket chardev. What came is one run of bytes: how a machine cuts it into writes is its affair.
type streamPeer struct {
	inbox
	file *os.File
}

// newStreamPeer returns a peer and the descriptor for the machine's side.
func newStreamPeer() (*streamPeer, []*os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	p := &streamPeer{file: os.NewFile(uintptr(fds[0]), "peer")}
	go p.collect()
	return p, []*os.File{os.NewFile(uintptr(fds[1]), "chardev")}, nil
}

func (p *streamPeer) send(b []byte) error {
	_, err := p.file.Write(b)
	return err
}

func (p *streamPeer) unread() bool { return unsent(p.file) }

// waiting joins what came, for good.
func (p *streamPeer) waiting() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []byte
	for _, b := range p.frames {
		all = append(all, b...)
	}
	p.frames = nil
	if len(all) > 0 {
		p.frames = [][]byte{all}
	}
	return p.frames
}

// collect ends when the machine closes its side.
func (p *streamPeer) collect() {
	buf := make([]byte, 1<<16)
	for {
		n, err := p.file.Read(buf)
		if err != nil {
			return
		}
		p.put(append([]byte(nil), buf[:n]...))
	}
}

func (p *streamPeer) close() { p.file.Close() }
