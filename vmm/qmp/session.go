package qmp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/drydock-vmm/drydock/vmm/internal/outbox"
)

// hangUpGrace is how long a client may take to read its last words.
const hangUpGrace = time.Second

// A session is the conversation with one client.
type session struct {
	server     *Server
	conn       io.ReadWriteCloser
	out        *outbox.Outbox
	negotiated atomic.Bool
	oob        bool // the client may ask for commands to overtake others; its own goroutine alone knows
}

// Serve answers a client until it hangs up, which is no error, and closes the connection.
func (s *Server) Serve(conn io.ReadWriteCloser) error {
	c := &session{server: s, conn: conn, out: outbox.New(conn)}
	if !s.add(c) {
		return errors.Join(c.out.Close(), conn.Close())
	}
	c.send(greeting{greetingBody{s.version, []string{outOfBand}}})
	err := c.serve()
	s.remove(c)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, c.out.Close(), conn.Close())
}

type greeting struct {
	QMP greetingBody
}

type greetingBody struct {
	Version      Version  `json:"version"`
	Capabilities []string `json:"capabilities"`
}

// hangUp sends what waits, for a while, and closes the connection, which ends serve.
func (c *session) hangUp() {
	sent := make(chan struct{})
	go func() { defer close(sent); _ = c.out.Close() }()
	select {
	case <-sent:
	case <-time.After(hangUpGrace):
	}
	_ = c.conn.Close()
}

func (c *session) serve() error {
	in := newInput(c.conn)
	for {
		text, err := in.next()
		switch _, bad := errors.AsType[*syntaxError](err); {
		case bad:
			c.reply(nil, nil, err)
		case err != nil:
			return err
		default:
			c.answer(text)
		}
	}
}

// answer carries a request out. The answer is on its way before another client's command begins.
func (c *session) answer(text []byte) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	r, err := parse(text, c.oob)
	var result any
	if err == nil {
		result, err = c.execute(r)
	}
	c.reply(r.id, result, err)
	c.server.emitConsequences()
}

func (c *session) execute(r request) (any, error) {
	cmd, ok := c.server.commands[r.command]
	switch {
	case r.command == capabilities && c.negotiated.Load():
		return nil, noCommand("Capabilities negotiation is already complete, command ignored")
	case r.command == capabilities:
		return c.negotiate(r.arguments)
	case !c.negotiated.Load():
		return nil, noCommand("Expecting capabilities negotiation with 'qmp_capabilities'")
	case !ok:
		return nil, noCommand(fmt.Sprintf("The command %s has not been found", clip(r.command)))
	case r.oob:
		return nil, Errorf("The command %s does not support OOB", r.command)
	}
	return cmd(r.arguments)
}

const capabilities = "qmp_capabilities"

// outOfBand is the capability of exec-oob. It is offered, as by QEMU; what QEMU lets overtake others (migrate-recover and its like) is
// not here.
const outOfBand = "oob"

// negotiate ends the time in which nothing else can be said.
func (c *session) negotiate(arguments json.RawMessage) (any, error) {
	var a struct {
		Enable []string `json:"enable,omitempty"`
	}
	if err := decode(arguments, &a); err != nil {
		return nil, err
	}
	for _, name := range a.Enable {
		if name != outOfBand {
			return nil, Errorf("Parameter 'null' does not accept value '%s'", clip(name)) // QEMU's element of a list has no name
		}
	}
	c.oob = len(a.Enable) > 0
	c.negotiated.Store(true)
	return nil, nil
}

// reply sends what a command returned: nothing is an empty object.
func (c *session) reply(id json.RawMessage, result any, err error) {
	switch {
	case err != nil:
		c.send(failure{failureBody{classOf(err), err.Error()}, id})
	case result == nil:
		c.send(success{struct{}{}, id})
	default:
		c.send(success{result, id})
	}
}

type success struct {
	Return any             `json:"return"`
	ID     json.RawMessage `json:"id,omitempty"`
}

type failure struct {
	Error failureBody     `json:"error"`
	ID    json.RawMessage `json:"id,omitempty"`
}

type failureBody struct {
	Class string `json:"class"`
	Desc  string `json:"desc"`
}

func (c *session) send(v any) { c.out.Put(encode(v)) }
