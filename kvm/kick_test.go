package kvm

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

// endless are the guests that never exit on their own.
var endless = []struct {
	name  string
	with  controllers
	code  []byte
	ring3 bool
}{
	{"a halt that no interrupt ends", irqchip, []byte{0xfa, 0xf4, 0xeb, 0xfd}, false}, // cli; hlt
	{"a loop in ring 0", bare, []byte{0xeb, 0xfe}, false},
	{"a loop in ring 3", bare, []byte{0xeb, 0xfe}, true},
}

func eachEndless(t *testing.T, f func(t *testing.T, g *guest)) {
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			g := newGuest(t, c.with, c.code...)
			if c.ring3 {
				g.ring3()
			}
			f(t, g)
		})
	}
}

// next waits for what comes next; a machine full of other work gets plenty of time. It panics where nothing comes: with
// a guest that nothing can end, the test can not be taken down.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case e := <-from:
		return e
	case <-time.After(patience):
		panic(t.Name() + ": the kick was lost, the guest still runs")
	}
}

// drain ends a guest in the background; all that it does until then is to be interrupted.
func (g *guest) drain(t *testing.T, exits <-chan Exit, cancel func()) {
	t.Helper()
	cancel()
	g.v.Kick()
	for e := next(t, exits); e != nil; e = next(t, exits) { // nil when the goroutine has ended
		if e != (ExitIntr{}) {
			t.Errorf("%v", e)
		}
	}
}

func TestAKickEnds(t *testing.T) {
	eachEndless(t, func(t *testing.T, g *guest) {
		ctx, cancel := context.WithCancel(t.Context())
		exits := g.background(ctx)
		time.Sleep(20 * time.Millisecond) // the guest is in its loop now
		g.drain(t, exits, cancel)
	})
}

func TestAKickBeforeRunEndsIt(t *testing.T) {
	eachEndless(t, func(t *testing.T, g *guest) {
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			g.v.Kick()
			exits := g.background(ctx)
			if e := next(t, exits); e != (ExitIntr{}) {
				t.Errorf("%v", e)
			}
			g.drain(t, exits, cancel)
		}
	})
}

// TestNoKickIsLost kicks as soon as the one before is answered, so that kicks meet Run at every point of its way in and out.
func TestNoKickIsLost(t *testing.T) {
	const kicks = 300
	eachEndless(t, func(t *testing.T, g *guest) {
		ctx, cancel := context.WithCancel(t.Context())
		var wanted, seen atomic.Int64
		exits := g.background(ctx)
		answered := make(chan struct{}, 1)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range exits {
				// As a caller does: look what is wanted after the ExitIntr.
				seen.Store(wanted.Load())
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		}()
		for i := int64(1); i <= kicks; i++ {
			wanted.Store(i)
			g.v.Kick()
			for seen.Load() < i {
				next(t, answered)
			}
		}
		cancel()
		g.v.Kick()
		<-ended
	})
}

func TestAKickDoesNotLoseTheExitUnderWay(t *testing.T) {
	g := newGuest(t, bare, 0xe4, 0x60, 0xf4) // in al, 0x60; hlt
	e := runTo[*ExitIO](g)
	e.Data[0] = 0x42
	g.v.Kick()
	if exit, err := g.v.Run(); exit != (ExitIntr{}) || err != nil {
		t.Fatalf("%v, %v", exit, err)
	}
	if r, err := g.v.Regs(); err != nil || r.RAX&0xff != 0x42 {
		t.Errorf("AL is %#x after the kick, %v", r.RAX, err)
	}
	runTo[ExitHLT](g)
}

func TestAProcessorThatWaitsForSIPIStartsInRun(t *testing.T) {
	g := newGuest(t, irqchip,
		0x66, 0xb8, 0x00, 0x45, 0x0c, 0x00, // mov eax, INIT to all others
		0x66, 0xa3, 0x00, 0x03, // mov [0x300], eax
		0x66, 0xb8, 0x09, 0x46, 0x0c, 0x00, // mov eax, SIPI to all others, page 9
		0x66, 0xa3, 0x00, 0x03,
		0xe6, 0x01, 0xf4) // out 1, al
	copy(g.mem[0x9000:], []byte{0xe6, 0x77, 0xf4}) // out 0x77, al
	l, err := g.v.LAPIC()
	check(t, err)
	l.SetRegister(apicSVR, 0x1ff)
	check(t, g.v.SetLAPIC(l))
	g.ds(apicBase)

	second, err := g.vm.CreateVCPU(1)
	check(t, err)
	defer func() { check(t, second.Close()) }()
	if m, err := second.MPState(); err != nil || m != MPUninitialized {
		t.Errorf("%v, %v", m, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ap := &guest{t: t, vm: g.vm, v: second}
	exits := ap.background(ctx)
	time.Sleep(10 * time.Millisecond) // it waits in Run
	runTo[*ExitIO](g)
	exit := next(t, exits)
	for exit == (ExitIntr{}) {
		exit = next(t, exits)
	}
	if e, ok := exit.(*ExitIO); !ok || e.Port != 0x77 {
		t.Errorf("%v", exit)
	}
	cancel()
	second.Kick()
	for range exits {
	}
}
