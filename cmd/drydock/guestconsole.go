package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/vmm"
)

// A guestConsole is where a guest's kernel messages go in "drydock run": nobody sees them, until they say why the guest died.
type guestConsole struct {
	verbose bool

	mu   sync.Mutex
	tail []byte // the last keep bytes
}

const keep = 64 << 10

func newGuestConsole(verbose bool) *guestConsole { return &guestConsole{verbose: verbose} }

// Write takes what the guest's serial port sends.
func (g *guestConsole) Write(p []byte) (int, error) {
	if g.verbose {
		_, _ = os.Stderr.Write(p)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tail = append(g.tail, p...)
	if over := len(g.tail) - 2*keep; over > 0 {
		g.tail = append(g.tail[:0], g.tail[len(g.tail)-keep:]...)
	}
	return len(p), nil
}

// warn shows a trouble that the guest's init went on from.
func (g *guestConsole) warn(text string) { fmt.Fprintln(os.Stderr, "drydock: guest:", text) }

// panicLine is the kernel's own sentence about why it died, if it died so.
func (g *guestConsole) panicLine() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	const sign = "Kernel panic - not syncing: "
	_, after, found := bytes.Cut(g.tail, []byte(sign))
	if !found {
		return ""
	}
	line, _, _ := bytes.Cut(after, []byte("\n"))
	return strings.TrimSpace(string(line))
}

func (g *guestConsole) lastLines(n int) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(g.tail)), "\n")
	return strings.ReplaceAll(strings.Join(lines[max(0, len(lines)-n):], "\n"), "\r", "")
}

// panicLines holds a kernel's registers and the calls that led to its panic.
const panicLines = 30

// lastWords are to stand at the end of a sentence; nothing where the user has seen them, or the guest said none.
func (g *guestConsole) lastWords(n int) string {
	text := g.lastLines(n)
	if g.verbose || text == "" {
		return ""
	}
	return "; its last words:\n" + text
}

// verdict says why a machine that ended as o says did not tell a command's status; said is what the conversation ended with.
func (g *guestConsole) verdict(ctx context.Context, o vmm.Outcome, said error) (int, error) {
	var failure *runproto.Failure
	if errors.As(said, &failure) {
		return failure.Status, fail(failure.Status, "guest: %s", failure.Message)
	}
	if why := g.panicLine(); why != "" {
		return StatusPanic, fail(StatusPanic, "the guest's kernel panicked: %s%s", why, g.lastWords(panicLines))
	}
	if err := ended(o); err != nil {
		return statusOf(err), err
	}
	if errors.Is(context.Cause(ctx), errLeave) {
		return StatusHost, errLeave
	}
	if ctx.Err() != nil {
		return StatusHost, fmt.Errorf("interrupted")
	}
	return StatusNoStatus, fail(StatusNoStatus, "the guest ended (%v) without telling the command's status%s", o.End, g.lastWords(8))
}
