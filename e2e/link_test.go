package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

// A link is a machine on a tap: what it is, and what came of it.
type link struct {
	device  string   // more properties of the virtio-net-pci: ",mrg_rxbuf=off"
	queues  int      // of the tap; 0 is 1
	options []string // of drydock run
	bytes   int64
	rounds  []string // see plan

	report  report
	stats   virtionet.Stats
	capture captured
	tap     counters
}

// exchange boots the machine, carries its streams and checks what must hold for every machine: all bytes came, and the guest,
// the device, the capture and the host agree on every frame.
func (l *link) exchange(t *testing.T) {
	t.Helper()
	enterNamespace(t)
	addTap(t, max(l.queues, 1))
	streams := 0
	for _, kinds := range l.rounds {
		streams += len(kinds)
	}
	s := serve(t, hostAddress, l.bytes, streams)
	l.boot(t, plan{s.address(), l.bytes, l.rounds})
	s.wantStreams(t, streams)
	l.wantStreams(t, streams)
	l.wantAgreement(t)
	l.wantNoWarnings(t)
}

// boot runs the guest's part, which ends when it has told what it saw, and collects what drydock and the host saw.
func (l *link) boot(t *testing.T, p plan) {
	t.Helper()
	dir := t.TempDir()
	stats, dump := filepath.Join(dir, "stats.json"), filepath.Join(dir, "capture.pcapng")
	words := []string{"run", "-netdev", l.netdev(), "-device", "virtio-net-pci,netdev=n0" + l.device, "-ip", guestAddress + network,
		"-object", "filter-dump,id=f0,netdev=n0,file=" + escape(dump), "-stats", stats, "-file", self(t),
		"-append", "ipv6.disable=1"} // see enterNamespace
	words = append(words, l.options...)
	r := drydock(t, append(append(words, "--"), p.words()...)...)
	r.wantStatus(t, 0)
	must(t, json.Unmarshal([]byte(r.stdout), &l.report))
	text, err := os.ReadFile(stats)
	must(t, err)
	var all struct{ NICs []virtionet.Stats }
	must(t, json.Unmarshal(text, &all))
	l.stats, l.capture = all.NICs[0], readCapture(t, dump)
	l.tap = hostCounters(t)
	t.Logf("the guest's uptime before, between and after the streams: %.1f", l.report.Uptimes)
}

func (l *link) netdev() string {
	return fmt.Sprintf("tap,id=n0,ifname=%s,queues=%d,script=no,downscript=no", tapName, max(l.queues, 1))
}

// escape doubles commas, which end a value in QEMU's lists. Directories of subtests have the commas of their names.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }

// wantStreams checks the guest's end of them.
func (l *link) wantStreams(t *testing.T, n int) {
	t.Helper()
	if len(l.report.Streams) != n {
		t.Errorf("the guest tells of %d streams, want %d", len(l.report.Streams), n)
	}
	want := expect(l.bytes)
	for _, s := range l.report.Streams {
		if s != want {
			t.Errorf("the guest's end of a stream saw %+v, want %+v", s, want)
		}
	}
}
