package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// What the guest's side prints: a line when it can be connected to, and at the end a received as JSON.
const listening = "listening"

type received struct {
	Bytes   int64
	Seconds float64 // from the connection's beginning to its end, by the guest's clock
}

func (r received) gigabits() float64 { return float64(r.Bytes) * 8 / r.Seconds / 1e9 }

const port = "5001"

// sink is this program in the guest.
func sink() error {
	l, err := net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	defer l.Close()
	return receive(l, os.Stdout)
}

// receive takes one stream.
func receive(l net.Listener, out io.Writer) error {
	fmt.Fprintln(out, listening)
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	begin := time.Now()
	// A copy into a buffer: io.Discard's own would do 8 KB at a time, which costs this guest more than receiving does.
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, 1<<20))
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(received{Bytes: n, Seconds: time.Since(begin).Seconds()})
}
