package vmm_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

// A payload is a machine that runs the payload guest of e2e/payload, on the real /dev/kvm.
type payload struct {
	t      *testing.T
	output *output
	stop   context.CancelFunc
	ended  chan struct{}
	end    vmm.Outcome
	err    error
}

// output collects what the guest writes to its serial port.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Reset()
}

// start boots the payload with a command line. What c leaves out is what most tests want.
func start(t *testing.T, cmdline string, c vmm.Config) *payload {
	t.Helper()
	before := leaktest.Descriptors()
	p := &payload{t: t, output: &output{}, ended: make(chan struct{})}
	c.Cmdline, c.Kernel, c.CPU, c.DebugExit = cmdline, openPayload(t), "host", 0xf4
	c.RAM, c.CPUs = max(c.RAM, 256<<20), max(c.CPUs, 1)
	if c.Serial[0].Out == nil {
		c.Serial[0].Out = p.output
	}
	c.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel)
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	p.stop = cancel
	go func() {
		defer close(p.ended)
		p.end, p.err = vmm.Run(ctx, c)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		c.Kernel.Close()
		if after := leaktest.Descriptors(); after > before {
			t.Errorf("%d descriptors are open, %d were before the machine", after, before)
		}
	})
	return p
}

func openPayload(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(vmm.PayloadPath())
	if err != nil {
		t.Fatalf("%v: build the payload guest with: make payload", err)
	}
	return f
}

func (p *payload) waitFor(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(p.output.String(), text); {
		select {
		case <-p.ended:
			if !strings.Contains(p.output.String(), text) {
				p.t.Fatalf("the guest ended (%v, %v) before it said %s:\n%s", p.end, p.err, text, p.output)
			}
			return
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("the guest did not say %s:\n%s", text, p.output)
		}
	}
}

// finish waits for the guest's end, which must be its own: status 0 on the debug exit port.
func (p *payload) finish() {
	p.t.Helper()
	<-p.ended
	if p.err != nil || p.end.End != vmm.DebugExit || p.end.Code != 0 {
		p.t.Fatalf("the guest ended with %+v, %v:\n%s", p.end, p.err, p.output)
	}
}

// stopped stops the machine, which must not wait for its guest nor for who reads its console, and returns how it ended.
func (p *payload) stopped() vmm.Outcome {
	p.t.Helper()
	begin := time.Now()
	p.stop()
	<-p.ended
	if d := time.Since(begin); d > patience/2 {
		p.t.Errorf("the machine took %v to stop", d)
	}
	if p.err != nil {
		p.t.Errorf("the machine ended with %v", p.err)
	}
	return p.end
}
