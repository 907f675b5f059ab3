package runproto

import (
	"bytes"
	"context"
	"errors"
	"io"
	stdnet "net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// guest is the other end of a Host's stream, as a script.
type guest struct {
	*Conn
	t *testing.T
}

// hostRunResult is what Host.Run returned.
type hostRunResult struct {
	status int
	err    error
}

// converse runs h against a scripted guest.
func converse(t *testing.T, ctx context.Context, h *Host, script func(g guest)) hostRunResult {
	t.Helper()
	ours, theirs := stdnet.Pipe()
	result := make(chan hostRunResult, 1)
	go func() {
		defer ours.Close()
		status, err := h.Run(ctx, ours)
		result <- hostRunResult{status, err}
	}()
	script(guest{NewConn(theirs), t})
	theirs.Close()
	select {
	case r := <-result:
		return r
	case <-time.After(time.Minute):
		t.Fatal("Host.Run does not return")
		return hostRunResult{}
	}
}

func (g guest) do(errs ...error) {
	g.t.Helper()
	for _, err := range errs {
		if err != nil {
			g.t.Error(err)
		}
	}
}

// expect reads a frame of that type.
func (g guest) expect(want Type) Frame {
	g.t.Helper()
	f, err := g.Read()
	if err != nil || f.Type != want {
		g.t.Errorf("got a frame of type %d, %v, want type %d", f.Type, err, want)
	}
	return f
}

// begin is the conversation up to the command.
func (g guest) begin() (spec Spec) {
	g.t.Helper()
	g.do(g.WriteJSON(Ready, Hello{Release: "6.1.0"}))
	g.do(g.expect(Start).JSON(&spec))
	return spec
}

func TestARunCarriesInputOutputAndStatus(t *testing.T) {
	var stdout, stderr bytes.Buffer
	var release, warning string
	h := &Host{
		Spec: Spec{Argv: []string{"cat", "-n"}}, Stdin: strings.NewReader("0123456789"), Stdout: &stdout, Stderr: &stderr,
		Ready: func(h Hello) { release = h.Release }, Warning: func(s string) { warning = s },
	}
	r := converse(t, t.Context(), h, func(g guest) {
		if spec := g.begin(); len(spec.Argv) != 2 || spec.Argv[1] != "-n" {
			t.Errorf("got %v", spec.Argv)
		}
		g.do(g.Write(Warning, []byte("no DHCP")), g.WriteNumber(Credit, 4))
		if f := g.expect(Stdin); string(f.Payload) != "0123" {
			t.Errorf("stdin beyond the credit: %q", f.Payload)
		}
		g.do(g.WriteNumber(Credit, 100))
		if f := g.expect(Stdin); string(f.Payload) != "456789" {
			t.Errorf("stdin: %q", f.Payload)
		}
		g.expect(StdinEOF)
		g.do(g.Write(Stdout, []byte("out")), g.Write(Stderr, []byte("err")), g.WriteJSON(Exit, Status{Code: 7}))
		g.expect(Bye)
	})
	if r.status != 7 || r.err != nil || stdout.String() != "out" || stderr.String() != "err" || release != "6.1.0" || warning != "no DHCP" {
		t.Errorf("got %+v, out %q, err %q, release %q, warning %q", r, stdout.String(), stderr.String(), release, warning)
	}
}

func TestSignalsAndTerminalSizesReachTheGuestWhileStdinWaitsForCredit(t *testing.T) {
	signals, sizes := make(chan os.Signal, 1), make(chan Size, 1)
	h := &Host{Stdin: strings.NewReader("never read"), Signals: signals, Resizes: sizes}
	r := converse(t, t.Context(), h, func(g guest) {
		g.begin()
		signals <- unix.SIGTERM
		if n, err := g.expect(Signal).Number(); n != 15 || err != nil {
			t.Errorf("signal %d, %v", n, err)
		}
		sizes <- Size{Rows: 24, Cols: 80}
		var size Size
		g.do(g.expect(Resize).JSON(&size))
		if size.Cols != 80 {
			t.Errorf("size %+v", size)
		}
		g.do(g.WriteJSON(Exit, Status{Signal: 15}))
		g.expect(Bye)
	})
	if r.status != 143 || r.err != nil {
		t.Errorf("got %+v", r)
	}
}

func TestWithoutStdinTheCommandReadsEndOfFile(t *testing.T) {
	converse(t, t.Context(), &Host{}, func(g guest) {
		g.begin()
		g.expect(StdinEOF)
		g.do(g.Write(Stdout, []byte("dropped")), g.WriteJSON(Exit, Status{}))
		g.expect(Bye)
	})
}

func TestACommandThatDidNotStartIsAFailureWithItsStatus(t *testing.T) {
	for name, begin := range map[string]bool{"before the command is known": false, "when it cannot run": true} {
		t.Run(name, func(t *testing.T) {
			// Stdin waits for credit, so that the goodbye is the guest's next frame.
			r := converse(t, t.Context(), &Host{Stdin: strings.NewReader("")}, func(g guest) {
				if begin {
					g.begin()
				}
				g.do(g.WriteJSON(Fail, Failure{Status: StatusNotFound, Message: "x: command not found"}))
				g.expect(Bye)
			})
			var failure *Failure
			if r.status != StatusNotFound || !errors.As(r.err, &failure) || failure.Status != StatusNotFound || r.err.Error() != "x: command not found" {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestARunFailsIfTheGuest(t *testing.T) {
	for name, c := range map[string]struct {
		script func(g guest)
		says   string
	}{
		"goes away before its first word": {func(guest) {}, "went away"},
		"goes away later":                 {func(g guest) { g.begin() }, "went away"},
		"speaks out of turn":              {func(g guest) { g.do(g.Write(Stdout, nil)) }, "out of place"},
		"greets twice":                    {func(g guest) { g.begin(); g.do(g.WriteJSON(Ready, Hello{})) }, "out of place"},
		"sends a broken status":           {func(g guest) { g.begin(); g.do(g.Write(Exit, []byte("7"))) }, "cannot unmarshal"},
		"sends a broken greeting":         {func(g guest) { g.do(g.Write(Ready, []byte("{"))) }, "frame of type 1"},
		"sends a broken credit":           {func(g guest) { g.begin(); g.do(g.Write(Credit, []byte("7"))) }, "instead of 4"},
	} {
		t.Run(name, func(t *testing.T) {
			r := converse(t, t.Context(), &Host{Stdin: strings.NewReader("")}, c.script)
			if r.status != StatusInit || r.err == nil || !strings.Contains(r.err.Error(), c.says) {
				t.Errorf("got %+v, want an error that says %q", r, c.says)
			}
		})
	}
}

func TestAnEndedContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := converse(t, ctx, &Host{Stdin: strings.NewReader("")}, func(g guest) {
		g.begin()
		cancel()
		if _, err := g.Read(); err != io.EOF {
			t.Errorf("the stream is not closed: %v", err)
		}
	})
	if !errors.Is(r.err, context.Canceled) {
		t.Errorf("got %+v", r)
	}
}
