package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// transitionalCard is what QEMU's default network card shows.
func transitionalCard() *layout {
	l := &layout{slot: firstSlot, device: 1, msix: 0x98, vectors: 4, offered: 0x0000010130bf8024, vendor: map[byte]capability{
		capCommon: {at: 0x40, bar: 4}, capISR: {at: 0x50, bar: 4, off: 0x1000}, capDevice: {at: 0x60, bar: 4, off: 0x2000},
		capNotify: {at: 0x70, bar: 4, off: 0x3000, multiplier: 4}, capWindow: {at: 0x84},
	}}
	l.bars[0] = bar{io: true, size: 0x20, at: 0xc000}
	l.bars[1] = bar{size: 0x1000, at: 0xe1000000}
	l.bars[4] = bar{size: 0x4000, at: 0xe4000000}
	return l
}

func TestASeedIsAScript(t *testing.T) {
	conf := card("default", "")
	for _, c := range []struct {
		name string
		make func(seed uint64) *script
	}{
		{"registers", func(seed uint64) *script { return registerScript(seed, &conf, []*layout{transitionalCard()}, 2000) }},
		{"data", func(seed uint64) *script { return dataScript(seed, &conf, []*layout{transitionalCard()}, 200) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, again, other := c.make(7), c.make(7), c.make(8)
			if !reflect.DeepEqual(first, again) {
				t.Error("the same seed gives another script")
			}
			if reflect.DeepEqual(first.steps, other.steps) {
				t.Error("another seed gives the same script")
			}
		})
	}
}

func TestARegisterScriptHasWhatWasAskedFor(t *testing.T) {
	conf := card("default", "")
	s := registerScript(1, &conf, []*layout{transitionalCard()}, 3000)
	if n := accesses(s.steps); n < 3000 || n > 3300 {
		t.Errorf("%d accesses, want about 3000", n)
	}
	for _, note := range []string{"config", "BAR", "COMMAND", "device_status", "status", "isr", "msix", "window", "odd", "notify", "queue_enable", "queue_pfn"} {
		if !hasNote(s.steps, note) {
			t.Errorf("nothing in it is about %s", note)
		}
	}
}

func TestADataScriptHasWhatWasAskedFor(t *testing.T) {
	conf := card("default", "")
	for _, c := range []struct {
		name    string
		offered uint64
		note    string
	}{{"split", 0x0000010130bf8024, "avail"}, {"packed", 0x0000010530bf8024, "packed"}} {
		t.Run(c.name, func(t *testing.T) {
			l := transitionalCard()
			l.offered = c.offered
			s := dataScript(1, &conf, []*layout{l}, 300)
			if n := scenarios(s.steps); n != 300 {
				t.Errorf("%d scenarios, want 300", n)
			}
			for _, note := range []string{"frame", "buffer", "command", "ack", "table", "used", c.note, noteLife, noteSetUp} {
				if !hasNote(s.steps, note) {
					t.Errorf("nothing in it is about %s", note)
				}
			}
		})
	}
}

func hasNote(steps []step, note string) bool {
	for _, s := range steps {
		if s.noted(note) {
			return true
		}
	}
	return false
}

func TestAccessesOfConfigurationSpaceStayInsideTheDataPort(t *testing.T) {
	conf := card("default", "")
	for _, s := range registerScript(3, &conf, []*layout{transitionalCard()}, 3000).steps {
		size := map[string]uint64{"inb": 1, "inw": 2, "inl": 4, "outb": 1, "outw": 2, "outl": 4}[s.verb()]
		if fields := strings.Fields(s.text); size != 0 && strings.HasPrefix(fields[1], "0xcf") && fields[1] != "0xcf8" {
			if port := number(fields[1]); port < 0xcfc || port+size > 0xd00 {
				t.Errorf("%v reaches over the end of the port", s)
			}
		}
	}
}

func TestScriptsOfOtherDevicesHaveWhatWasAskedFor(t *testing.T) {
	for _, c := range []struct {
		name    string
		conf    configuration
		device  uint16
		offered uint64
		notes   []string
		verbs   []string
	}{
		{"a card over a tap", tapped("a-tap", "", 3), 1, 0x1200010130ffffa7, []string{"frame", "buffer", "no-guest-csum", "no-early-frame", "no-stale-hashes", "no-stale-reports"}, []string{verbSend, verbRecv}},
		{"a card that coalesces", coalescing("a-rsc", ""), 1, 0x2000010130bfffa7, []string{"coalesced"}, []string{verbSend}},
		{"a serial device", ported("a-serial", ""), 3, 0x0000010130000006, []string{"output", "message", "buffer", "device-config"}, []string{verbSend, verbRecv}},
		{"a balloon", balloon("a-balloon", ""), 5, 0x0000010130000032, []string{"pages", "page", "stats", "device-config"}, []string{verbAsk}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := transitionalCard()
			l.device, l.offered = c.device, c.offered
			s := dataScript(1, &c.conf, []*layout{l}, 300)
			if n := scenarios(s.steps); n != 300 {
				t.Errorf("%d scenarios, want 300", n)
			}
			for _, note := range c.notes {
				if !hasNote(s.steps, note) {
					t.Errorf("nothing in it is about %s", note)
				}
			}
			for _, verb := range c.verbs {
				if !slices.ContainsFunc(s.steps, func(s step) bool { return s.verb() == verb }) {
					t.Errorf("nothing in it is a %s", verb)
				}
			}
		})
	}
}

func TestADiskScriptHasWhatWasAskedFor(t *testing.T) {
	conf := disk("a-disk", "")
	l := transitionalCard()
	l.device, l.offered = 2, 0x0000010130006e54
	s := dataScript(1, &conf, []*layout{l}, 300)
	if n := scenarios(s.steps); n != 300 {
		t.Errorf("%d scenarios, want 300", n)
	}
	for _, note := range []string{"request", "disk-buffer", "used", "together", "notify"} {
		if !hasNote(s.steps, note) {
			t.Errorf("nothing in it is about %s", note)
		}
	}
	if last := s.steps[len(s.steps)-1]; last.text != verbFiles {
		t.Errorf("it ends with %v, not with a look at the files", last)
	}
}

func TestALegacyDriverWithTheShortHeaderComesAfterOneWithoutHashReports(t *testing.T) {
	conf := tapped("a-tap", "", 2)
	d := &driver{function: &function{newEmitter(1, &conf, data), transitionalCard(), conf.tap}}
	for _, c := range []struct {
		name     string
		reported bool
		accepted uint64
		want     bool
	}{
		{"after hash reports", true, featureGuestCsum, true},
		{"after no hash reports", false, featureGuestCsum, false},
		{"with MRG_RXBUF, which has 12 bytes", true, featureMRG, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d.steps, d.reported, d.accepted = nil, c.reported, c.accepted
			d.unreport()
			if got := hasNote(d.steps, "driver_feature"); got != c.want || got != hasNote(d.steps, "no-stale-reports") {
				t.Errorf("a driver in between: %v, want %v", got, c.want)
			}
		})
	}
}
