package main

import (
	"encoding/binary"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A socketPeer is the other end of a socket netdev: frames with their length in front, in network byte order.
type socketPeer struct {
	inbox
	file *os.File
}

// newSocketPeer returns a peer and the descriptor for the machine's side.
func newSocketPeer() (*socketPeer, []*os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	p := &socketPeer{file: os.NewFile(uintptr(fds[0]), "peer")}
	go p.collect()
	return p, []*os.File{os.NewFile(uintptr(fds[1]), "netdev")}, nil
}

func (p *socketPeer) send(frame []byte) error {
	_, err := p.file.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	return err
}

func (p *socketPeer) unread() bool { return unsent(p.file) }

// unsent says whether the other end of a socket has not read all that was written.
func unsent(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	_ = raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.TIOCOUTQ) })
	return err == nil && n > 0
}

// collect ends when the machine closes its side.
func (p *socketPeer) collect() {
	var head [4]byte
	for {
		if _, err := io.ReadFull(p.file, head[:]); err != nil {
			return
		}
		frame := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(p.file, frame); err != nil {
			return
		}
		p.put(frame)
	}
}

func (p *socketPeer) close() { p.file.Close() }
