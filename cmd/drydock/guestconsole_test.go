package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/vmm"
)

func TestTheVerdictOnAGuestThatToldNoStatus(t *testing.T) {
	ended, stop := context.WithCancel(context.Background())
	stop()
	left, leave := context.WithCancelCause(context.Background())
	leave(errLeave)
	for _, c := range []struct {
		name, console string
		ctx           context.Context
		end           vmm.End
		said          error
		status        int
		words         string
	}{
		{"the init says that there is no such command", "", t.Context(), vmm.PowerOff, &runproto.Failure{Status: 127, Message: "x: not found"}, 127, "guest: x: not found"},
		{"the kernel panicked", "a\n[ 1.0] Kernel panic - not syncing: no init\r\nb", t.Context(), vmm.Reset, io.ErrUnexpectedEOF, StatusPanic, "panicked: no init"},
		{"the CPU had nowhere to go", "", t.Context(), vmm.TripleFault, io.ErrUnexpectedEOF, StatusTripleFault, "triple fault on CPU 0"},
		{"the guest just ended", "one\ntwo\n", t.Context(), vmm.PowerOff, io.ErrUnexpectedEOF, StatusNoStatus, "last words:\none\ntwo"},
		{"a signal came", "", ended, vmm.Stopped, context.Canceled, StatusHost, "interrupted"},
		{"the user left", "", left, vmm.Stopped, errLeave, StatusHost, "the user left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuestConsole(false)
			_, _ = io.WriteString(g, c.console)
			status, err := g.verdict(c.ctx, vmm.Outcome{End: c.end}, c.said)
			if status != c.status || err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("status %d, %v; want %d, %q", status, err, c.status, c.words)
			}
			if got := statusOf(err); got != c.status {
				t.Errorf("the error alone has status %d, want %d", got, c.status)
			}
		})
	}
}

func TestAPanicIsShownWithWhatLedToIt(t *testing.T) {
	for name, c := range map[string]struct {
		verbose bool
		want    string
	}{
		"the last lines of a console that nobody saw": {false, "the guest's kernel panicked: why; its last words:\nline 12\n"},
		"the reason alone where they were seen":       {true, "the guest's kernel panicked: why"},
	} {
		t.Run(name, func(t *testing.T) {
			redirected(t)
			g := newGuestConsole(c.verbose)
			for i := range 40 {
				fmt.Fprintf(g, "line %d\r\n", i)
			}
			_, _ = io.WriteString(g, "Kernel panic - not syncing: why\r\n---[ end ]---\r\n")
			_, err := g.verdict(t.Context(), vmm.Outcome{End: vmm.Reset}, io.ErrUnexpectedEOF)
			text := err.Error()
			if !strings.HasPrefix(text, c.want) || c.verbose != (text == c.want) || strings.Contains(text, "\r") {
				t.Errorf("the error is %q, want %q", text, c.want)
			}
			if !c.verbose && !strings.HasSuffix(text, "line 39\nKernel panic - not syncing: why\n---[ end ]---") {
				t.Errorf("the error ends otherwise: %q", text)
			}
		})
	}
}

func TestAGuestThatFloodsItsConsoleFillsNoMemory(t *testing.T) {
	g := newGuestConsole(false)
	line := append(bytes.Repeat([]byte("x"), 999), '\n')
	for range 1000 {
		if n, err := g.Write(line); n != len(line) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	_, _ = g.Write([]byte("Kernel panic - not syncing: at last\n"))
	if c := cap(g.tail); c > 8*keep {
		t.Errorf("%d bytes are kept", c)
	}
	if got := g.panicLine(); got != "at last" {
		t.Errorf("panic line %q", got)
	}
	if got := g.lastLines(2); got != strings.Repeat("x", 999)+"\nKernel panic - not syncing: at last" {
		t.Errorf("last lines %q", got)
	}
}

func TestAnEndHasItsStatus(t *testing.T) {
	for end, want := range map[vmm.End]int{vmm.PowerOff: 0, vmm.Reset: 0, vmm.Stopped: 0, vmm.TripleFault: StatusTripleFault} {
		err := ended(vmm.Outcome{End: end})
		if err == nil && want != 0 || err != nil && statusOf(err) != want {
			t.Errorf("%v: %v, want status %d", end, err, want)
		}
	}
	if got := statusOf(errors.New("anything")); got != StatusHost {
		t.Errorf("an error of no kind has status %d", got)
	}
}
