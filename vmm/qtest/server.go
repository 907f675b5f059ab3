package qtest

import (
	"errors"
	"fmt"
	"io"

	"github.com/drydock-vmm/drydock/vmm/internal/outbox"
)

// A server is the conversation with one client.
type server struct {
	machine     Machine
	out         *outbox.Outbox
	log         journal
	intercepted string // the device whose inputs are watched
}

// Serve answers commands from conn until it ends, and returns nil then. What is said goes to log too, in QEMU's form; nil for none.
func Serve(conn io.ReadWriter, m Machine, log io.Writer) error {
	s := &server{machine: m, out: outbox.New(conn), log: newJournal(log)}
	err := s.serve(newLines(conn))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, s.out.Close())
}

func (s *server) serve(in *lines) error {
	for {
		line, err := in.next()
		switch {
		case err == errTooLong:
			s.reply("", err)
		case err != nil:
			return err
		default:
			s.log.received(line)
			s.reply(s.do(line))
		}
	}
}

func (s *server) reply(value string, err error) {
	switch {
	case err != nil:
		s.send("FAIL " + err.Error())
	case value == "":
		s.send("OK")
	default:
		s.send("OK " + value)
	}
}

// send may be called by any goroutine.
func (s *server) send(line string) {
	s.log.sent(line)
	s.out.Put(line)
}

// do carries a command out and returns its value.
func (s *server) do(line string) (string, error) {
	words := words(line)
	if len(words) == 0 {
		return "", errors.New("an empty line is no command")
	}
	c, ok := commands[words[0]]
	switch n := len(words) - 1; {
	case !ok:
		return "", sentence("Unknown command '" + clip(words[0]) + "'")
	case n < c.least || n > c.most:
		return "", fmt.Errorf("%s takes %s", words[0], c.usage)
	}
	return c.run(s, words)
}
