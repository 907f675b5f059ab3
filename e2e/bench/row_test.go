package main

import (
	"strings"
	"testing"
)

const printed = "RX us=2000 pkts=500 bytes=32000 pps=250000 mbps=128 nspp=4000 kicks=5 empty=77 bufs=600 merged=100 irqs=3 sum=0 "

func TestARowIsReadAsThePayloadPrintsIt(t *testing.T) {
	got, err := parseRow(printed)
	want := row{Micros: 2000, Packets: 500, Bytes: 32000, Kicks: 5, Empty: 77, Buffers: 600, IRQs: 3}
	if err != nil || got != want {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	if got.kpps() != 250 || got.gbps() != 0.128 {
		t.Errorf("%v kpps and %v Gb/s, want 250 and 0.128", got.kpps(), got.gbps())
	}
}

func TestARowThatIsNoneIsAnErrorThatNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"a count is missing", "RX us=1 bytes=3 kicks=4", "no pkts="},
		{"a number is none", "TX us=x pkts=2 bytes=3 kicks=4", `"us=x"`},
		{"a number is negative", "TX us=1 pkts=-2 bytes=3 kicks=4", `"pkts=-2"`},
		{"a number is too large", "TX us=1 pkts=2 bytes=99999999999999999999 kicks=4", "bytes="},
		{"nothing follows", "RX", "no us="},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parseRow(c.line); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}
