package e2e

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// A session is a drydock that runs while the test speaks with its guest.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	errors bytes.Buffer
	ended  chan struct{} // closed when drydock has

	mu   sync.Mutex
	text []byte // standard output
	seen int    // up to where expect has looked
}

// talk starts drydock in the network namespace of the caller's thread.
func talk(t *testing.T, words ...string) *session {
	t.Helper()
	s := &session{t: t, cmd: command(t, words...)}
	s.cmd.Stdout, s.cmd.Stderr = s, &s.errors
	var err error
	s.in, err = s.cmd.StdinPipe()
	must(t, err)
	must(t, s.cmd.Start())
	s.ended = make(chan struct{})
	go func() {
		_ = s.cmd.Wait() // the status says it
		close(s.ended)
	}()
	return s
}

// Write takes the standard output.
func (s *session) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = append(s.text, p...)
	return len(p), nil
}

// expect waits until the guest has said this, behind what it was last expected to say.
func (s *session) expect(what string) {
	s.t.Helper()
	const most, pause = patience * 2 / 3, 20 * time.Millisecond
	for begin := time.Now(); time.Since(begin) < most && !s.over(); time.Sleep(pause) {
		if s.find(what) {
			return
		}
	}
	if s.find(what) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.Fatalf("no %q in what came last:\n%s\nstderr: %s", what, s.text[max(0, len(s.text)-4000):], &s.errors)
}

// over says that drydock has ended, and all that it said is in text.
func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *session) find(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := bytes.Index(s.text[s.seen:], []byte(what))
	if i >= 0 {
		s.seen += i + len(what)
	}
	return i >= 0
}

// say types a line.
func (s *session) say(line string) {
	s.t.Helper()
	_, err := io.WriteString(s.in, line+"\n")
	must(s.t, err)
}

// wantEnd waits for drydock to end with a status.
func (s *session) wantEnd(status int) {
	s.t.Helper()
	<-s.ended
	r := result{s.cmd.ProcessState.ExitCode(), string(s.text), s.errors.String()}
	r.wantStatus(s.t, status)
}

// rest is what the guest has said behind what it was expected to say, without carriage returns. Call it after wantEnd.
func (s *session) rest() string { return strings.ReplaceAll(string(s.text[s.seen:]), "\r", "") }

// wantSaid looks in all that the guest has said, on both streams. Call it after wantEnd.
func (s *session) wantSaid(what string) {
	s.t.Helper()
	if all := string(s.text) + s.errors.String(); !strings.Contains(all, what) {
		s.t.Errorf("the guest does not say %q; it says\n%s", what, all)
	}
}
