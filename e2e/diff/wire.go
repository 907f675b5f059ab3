package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"
)

// answerTimeout is how long a machine may take for a batch of commands before it counts as hung.
const answerTimeout = 20 * time.Second

// A wire is a qtest connection.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func newWire(c net.Conn) *wire { return &wire{conn: c, in: bufio.NewReaderSize(c, 1<<16)} }

// exchange sends commands in one write and returns an answer for each, without "OK ".
func (w *wire) exchange(commands []string) ([]string, error) {
	if len(commands) == 0 {
		return nil, nil
	}
	if err := w.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, err
	}
	sent := make(chan error, 1)
	go func() { // a machine that answers the first while we still write must not wait for us
		_, err := w.conn.Write([]byte(strings.Join(commands, "\n") + "\n"))
		sent <- err
	}()
	answers := make([]string, 0, len(commands))
	for _, c := range commands {
		a, err := w.answer()
		if err != nil {
			return answers, fmt.Errorf("no answer to %q: %w", clip(c), err)
		}
		answers = append(answers, a)
	}
	return answers, <-sent
}

// answer skips the lines that come unasked.
func (w *wire) answer() (string, error) {
	for {
		line, err := w.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "IRQ "):
		case line == "OK":
			return "", nil
		case strings.HasPrefix(line, "OK "):
			return strings.ToLower(line[3:]), nil
		default:
			return line, nil
		}
	}
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
