package main

import (
	"io"
	"net"
	"os"
	"time"
)

// inFlight is about what Linux allows everybody (net.core.wmem_max).
const inFlight = 208 << 10

// stream sends for as long as the experiment is to take. The card is looked at meanwhile, for the most that is posted at a time.
func (e *experiment) stream(machine *os.Process) error {
	conn, err := net.DialTimeout("tcp", guestAddr+":"+port, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience + e.length)); err != nil {
		return err
	}
	// Less on its way than the guest's window holds: a sender at the window's edge sends whatever an acknowledgement lets out, which
	// is single packets.
	if err := conn.(*net.TCPConn).SetWriteBuffer(inFlight); err != nil {
		return err
	}
	block := make([]byte, 256<<10)
	for begin, looks := time.Now(), time.Duration(1); ; {
		switch since := time.Since(begin); {
		case since > e.length:
			return finish(conn.(*net.TCPConn))
		case since > looks*e.length/4:
			looks++
			if _, err := e.look(machine); err != nil {
				return err
			}
		}
		if _, err := conn.Write(block); err != nil {
			return err
		}
	}
}

// finish ends the stream, and returns when the guest has all of it and hangs up.
func finish(conn *net.TCPConn) error {
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, conn)
	return err
}
