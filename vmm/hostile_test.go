package vmm_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/vmm"
)

// The driver writes random values to configuration space, registers, rings and platform ports while frames come, and begins
// anew every two hundred writes. It may ruin its own machine; ours must go on, end when told, and leave nothing behind.
func TestAHostileDriverHarmsNobodyElse(t *testing.T) {
	slow := transitional
	slow.IOEventFD = false
	perPage := transitional
	perPage.PagePerVQ, perPage.ModernPIONotify = true, true
	for seed, c := range []struct {
		name, options string
		place         vmm.Device
	}{
		{"modern", "irq=1 event=1", transitional},
		{"modern, INTx", "irq=2", perPage},
		{"modern, kicks by register", "irq=1", slow},
		{"legacy", "legacy irq=1", transitional},
		{"legacy, INTx", "legacy irq=2", slow},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNIC(t)
			p := start(t, fmt.Sprintf("fuzz seed=%d secs=60 end=hang %s", seed+1, c.options), vmm.Config{Devices: []vmm.Device{n.on(c.place)}})
			p.waitFor("READY")
			done := make(chan struct{})
			go func() { defer close(done); n.flood(p) }()
			select {
			case <-p.ended: // of its own doing
			case <-time.After(time.Second):
			}
			n.traffic(p)
			switch o := p.stopped(); o.End {
			case vmm.Stopped, vmm.TripleFault, vmm.DebugExit:
			default:
				t.Errorf("the outcome is %+v", o)
			}
			<-done
			if s := n.Stats(); s.Receive[0].Frames == 0 || s.Transmit[0].Frames == 0 {
				t.Errorf("%d frames received, %d sent: nothing was at stake\n%s", s.Receive[0].Frames, s.Transmit[0].Frames, p.output)
			}
		})
	}
}

// traffic waits until frames have gone both ways, or the machine has ended.
func (n nic) traffic(p *payload) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if s := n.Stats(); s.Receive[0].Frames > 0 && s.Transmit[0].Frames > 0 {
			return
		}
		select {
		case <-p.ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// flood sends frames, and takes those that come, until the machine has ended.
func (n nic) flood(p *payload) {
	r := rand.New(rand.NewPCG(3, 4))
	for {
		select {
		case <-p.ended:
			return
		case <-time.After(100 * time.Microsecond):
		}
		_ = n.peer.Send(0, nil, frame(r, 60+r.IntN(9000))) // the link may be full
		_, _, _ = n.peer.Receive(0, 0)
	}
}
