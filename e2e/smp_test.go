package e2e

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

// Linux's driver takes as many queue pairs as there are CPUs, and gives each its own interrupts.
func TestTwoCPUsShareTwoQueuePairs(t *testing.T) {
	l := link{device: ",mq=on,vectors=6", queues: 2, options: []string{"-smp", "2"}, bytes: bulk / 8, rounds: []string{"dddd", "uuuu", "dudu"}}
	l.exchange(t)
	if l.report.CPUs != 2 {
		t.Errorf("%d CPUs, want 2", l.report.CPUs)
	}
	l.wantFeature(t, virtionet.MQ, true)
	for i := range 2 {
		rx, tx := l.stats.Receive[i], l.stats.Transmit[i]
		t.Logf("pair %d: received %d, sent %d frames", i, rx.Frames, tx.Frames)
		if rx.Frames == 0 || tx.Frames == 0 {
			t.Errorf("pair %d: received %d, sent %d frames; want some of both", i, rx.Frames, tx.Frames)
		}
		q := uint32(i)
		if in, out := l.capture.in.queues[q], l.capture.out.queues[q]; in != (tally{rx.Frames, rx.Bytes}) || out != (tally{tx.Frames, tx.Bytes}) {
			t.Errorf("pair %d: the capture has %+v and %+v, the device %d and %d frames", i, in, out, rx.Frames, tx.Frames)
		}
	}
	l.wantInterruptsOnEachCPU(t)
}

// The device chooses the pair of each frame by the driver's hash, and tells it the hash.
func TestTwoCPUsShareWhatTheDeviceSteers(t *testing.T) {
	l := link{device: ",mq=on,rss=on,hash=on,packed=on,vectors=6", queues: 2, bytes: bulk / 8, rounds: []string{"dddd", "uuuu", "dudu"}}
	l.options = []string{"-smp", "2", "-kernel", newestKernel(t)}
	l.exchange(t)
	l.wantFeature(t, virtionet.RSS, true)
	l.wantFeature(t, virtionet.HashReport, true)
	for i, rx := range l.stats.Receive {
		t.Logf("pair %d: received %d frames, %d of them from the other's link", i, rx.Frames, rx.Diverted)
		if rx.Frames == 0 {
			t.Errorf("pair %d received nothing", i)
		}
	}
	l.wantInterruptsOnEachCPU(t)
}

func (l *link) wantInterruptsOnEachCPU(t *testing.T) {
	t.Helper()
	var onCPU [2]uint64
	for name, perCPU := range l.report.Interrupts {
		if strings.HasPrefix(name, "virtio") && strings.Contains(name, "-input.") {
			onCPU[0] += perCPU[0]
			onCPU[1] += perCPU[1]
		}
	}
	if onCPU[0] == 0 || onCPU[1] == 0 {
		t.Errorf("interrupts of receive queues by CPU: %v; all are %v", onCPU, l.report.Interrupts)
	}
}
