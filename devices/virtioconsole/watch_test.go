package virtioconsole

import (
	"slices"
	"sync"
	"testing"
)

// A watcher notes what it is told of a port.
type watcher struct {
	mu   sync.Mutex
	told []bool
}

func (w *watcher) watch(open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, open)
}

// heard compares what it was told.
func (w *watcher) heard(t *testing.T, want ...bool) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Equal(w.told, want) {
		t.Errorf("told %v, want %v", w.told, want)
	}
}

// expect is heard, of a port that is as the last of them says.
func (w *watcher) expect(t *testing.T, p *Port, want ...bool) {
	t.Helper()
	w.heard(t, want...)
	if open := len(want) > 0 && want[len(want)-1]; p.IsOpen() != open {
		t.Errorf("the port is open: %v", !open)
	}
}

func TestAWatcherHearsWhenTheGuestOpensAndClosesAPort(t *testing.T) {
	p, w := NewPort("p", 1), new(watcher)
	p.Watch(w.watch)
	d := start(t, Config{Ports: []*Port{p}})
	w.expect(t, p)
	d.say(1, portOpen, 1)
	d.say(1, portOpen, 1) // no news, but said
	d.say(1, portOpen, 0)
	d.say(1, portOpen, 1)
	w.expect(t, p, true, true, false, true)
	d.Reset(d.dev.Info().Features)
	w.expect(t, p, true, true, false, true, false)
}

func TestAWatcherDoesNotHearThatAPortWasUnplugged(t *testing.T) {
	p, w := NewPort("p", 1), new(watcher)
	p.Watch(w.watch)
	d := start(t, Config{Ports: []*Port{p}})
	d.say(1, portOpen, 1)
	d.dev.Remove(p)
	d.say(1, portOpen, 1) // the guest does not know yet
	w.heard(t, true)
	if p.IsOpen() {
		t.Error("the port is open")
	}
}

func TestAWatcherDoesNotHearOfADriverThatCannotSayThatItOpensAPort(t *testing.T) {
	p, w := NewConsole("", AnyNumber), new(watcher)
	p.Watch(w.watch)
	p.SetConnected(false)
	d := startWith(t, Config{Ports: []*Port{p}}, single)
	d.send(1, []byte("dropped, so that it runs"))
	d.Queue(1).Wait(patience)
	if !p.IsOpen() {
		t.Error("its console is not open")
	}
	w.heard(t)
	d.Reset(single) // and begins again
	w.heard(t, false)
}
