package main

import (
	"encoding/binary"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A peer is the other end of a socket netdev: frames with their length in front, in network byte order.
type peer struct {
	file *os.File

	mu     sync.Mutex
	frames [][]byte // that came and were not taken
}

// newPeer returns a peer and the descriptor for the machine's side.
func newPeer() (*peer, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	p := &peer{file: os.NewFile(uintptr(fds[0]), "peer")}
	go p.collect()
	return p, os.NewFile(uintptr(fds[1]), "netdev"), nil
}

func (p *peer) send(frame []byte) error {
	_, err := p.file.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	return err
}

// unread is how many bytes of what was sent the machine has not read, counted with the kernel's own overhead.
func (p *peer) unread() (n int) {
	raw, err := p.file.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ) })
	if err != nil {
		return 0
	}
	return n
}

// collect ends when the machine closes its side.
func (p *peer) collect() {
	var head [4]byte
	for {
		if _, err := io.ReadFull(p.file, head[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(p.file, frame); err != nil {
			return
		}
		p.mu.Lock()
		p.frames = append(p.frames, frame)
		p.mu.Unlock()
	}
}

// waiting are the frames that came and were not taken.
func (p *peer) waiting() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames
}

// take forgets n of them.
func (p *peer) take(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames = p.frames[n:]
}
