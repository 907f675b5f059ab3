package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// wantAgreement compares the four that count frames. The host counts what it hands to the tap as sent.
func (l *link) wantAgreement(t *testing.T) {
	t.Helper()
	guest := l.report.Counters
	wantEqual(t, "frames to the guest", map[string]tally{
		"guest":   {guest.RxPackets, guest.RxBytes},
		"device":  l.received(),
		"capture": l.capture.in.total(),
		"host":    {l.tap.TxPackets, l.tap.TxBytes},
	})
	wantEqual(t, "frames from the guest", map[string]tally{
		"guest":   {guest.TxPackets, guest.TxBytes},
		"device":  l.transmitted(),
		"capture": l.capture.out.total(),
		"host":    {l.tap.RxPackets, l.tap.RxBytes},
	})
	if lost := guest.RxErrors + guest.RxDropped + guest.TxErrors + guest.TxDropped; lost != 0 {
		t.Errorf("the guest's driver lost frames: %+v", guest)
	}
	if lost := l.tap.RxErrors + l.tap.RxDropped + l.tap.TxErrors + l.tap.TxDropped; lost != 0 {
		t.Errorf("the host's tap lost frames: %+v", l.tap)
	}
	for i := range l.stats.Receive {
		l.wantSoundQueue(t, i)
	}
}

func wantEqual(t *testing.T, what string, seen map[string]tally) {
	t.Helper()
	for _, v := range seen {
		if v != seen["device"] || v.Frames == 0 {
			t.Errorf("%s: they do not agree: %+v", what, seen)
			return
		}
	}
}

// received and transmitted are the device's counts over all queues.
func (l *link) received() (sum tally) {
	for _, q := range l.stats.Receive {
		sum.Frames, sum.Bytes = sum.Frames+q.Frames, sum.Bytes+q.Bytes
	}
	return sum
}

func (l *link) transmitted() (sum tally) {
	for _, q := range l.stats.Transmit {
		sum.Frames, sum.Bytes = sum.Frames+q.Frames, sum.Bytes+q.Bytes
	}
	return sum
}

// wantSoundQueue checks what the device says of one pair against itself.
func (l *link) wantSoundQueue(t *testing.T, i int) {
	t.Helper()
	rx, tx := l.stats.Receive[i], l.stats.Transmit[i]
	if rx.Drops.Total() != 0 || tx.Drops.Total() != 0 {
		t.Errorf("pair %d: dropped frames, received %v, sent %v", i, rx.Drops, tx.Drops)
	}
	var frames, buffers uint64
	for n, count := range rx.ByBuffers {
		frames, buffers = frames+count, buffers+uint64(n)*count
	}
	if frames != rx.Frames || buffers != rx.Buffers {
		t.Errorf("pair %d: %d frames in %d buffers, but by num_buffers they are %d in %d", i, rx.Frames, rx.Buffers, frames, buffers)
	}
}

// negotiated are the NIC's features as its driver sees them.
func (l *link) negotiated() (f virtio.Features) {
	for bit, c := range l.report.Features {
		if c == '1' {
			f = f.With(virtio.Feature(bit))
		}
	}
	return f
}

// merged counts the frames to the guest that took more than one buffer.
func (l *link) merged() (n uint64) {
	for _, q := range l.stats.Receive {
		n += q.Frames - q.ByBuffers[1]
	}
	return n
}

// ours are the words of kernel messages about what drydock gives to a guest: tables, buses, timers, interrupts and devices.
var ours = []string{"acpi", "pci", "virtio", "apic", "irq", "tsc", "kvm", "e820", "serial", "rtc", "i8042", "ttys", "eth0", "bug", "bogus",
	"firmware", "lockup", "stall", "call trace", "warning:"}

// inherent are the warnings of any machine of this kind, QEMU's pc too.
var inherent = []string{
	"fail to add MMCONFIG information", // an i440FX has no extended configuration space
	"the _CPC object is not present",   // nor tables of a processor's power states
}

// wantNoWarnings looks at the kernel's messages of that level and worse.
func (l *link) wantNoWarnings(t *testing.T) {
	t.Helper()
	for _, line := range l.report.Warnings {
		low := strings.ToLower(line)
		has := func(w string) bool { return strings.Contains(low, strings.ToLower(w)) }
		if slices.ContainsFunc(ours, has) && !slices.ContainsFunc(inherent, has) {
			t.Errorf("the guest's kernel warns: %s", line)
		}
	}
}
