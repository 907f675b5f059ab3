package main

import (
	"strings"
	"testing"
)

func at(kpps ...uint64) (rows []row) {
	for _, k := range kpps {
		rows = append(rows, row{Micros: 1000, Packets: k, Bytes: k * 125, Kicks: k / 10, CPU: k * k})
	}
	return rows
}

func TestASpreadIsLeastMedianAndGreatestInWhateverOrder(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"an odd number", []float64{3, 1, 2}, Spread{1, 2, 3}},
		{"an even number: the upper one", []float64{4, 1, 3, 2}, Spread{1, 3, 4}},
		{"one", []float64{7}, Spread{7, 7, 7}},
		{"none", nil, Spread{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := spread(c.values); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestASummaryTakesKicksOverAllRowsAndTheTimeOfTheMedian(t *testing.T) {
	s := summarize(at(100, 400, 200))
	if s.KPPS != (Spread{100, 200, 400}) || s.Gbps != (Spread{0.1, 0.2, 0.4}) {
		t.Errorf("rates %+v and %+v", s.KPPS, s.Gbps)
	}
	if s.CPU != 200 {
		t.Errorf("%v ns of CPU a packet, want the median, 200", s.CPU)
	}
	if s.NsPkt != 5000 || s.Kicks != 0.1 {
		t.Errorf("%v ns a packet and %v kicks, want 5000 and 0.1", s.NsPkt, s.Kicks)
	}
}

func TestARatioIsToQEMUOfTheSameConfiguration(t *testing.T) {
	ours := &series{Label: "a", Contender: drydockName, Rows: at(300)}
	elsewhere := &series{Label: "b", Contender: drydockName, Rows: at(300)}
	theirs := &series{Label: "a", Contender: qemuName, Rows: at(100, 200, 900)}
	conclude([]*series{ours, elsewhere, theirs})
	if ours.Ratio != 1.5 || elsewhere.Ratio != 0 || theirs.Ratio != 0 {
		t.Errorf("ratios %v, %v, %v; want 1.5, none, none", ours.Ratio, elsewhere.Ratio, theirs.Ratio)
	}
}

func TestATableShowsFailuresAndLeavesOutRatiosThatThereAreNot(t *testing.T) {
	all := []*series{
		{Label: "burst", Contender: qemuName, Rows: at(200)},
		{Label: "burst", Contender: drydockName, Rows: at(250), Failed: 2},
		{Label: "legacy", Contender: drydockName, Failed: 3},
	}
	conclude(all)
	var b strings.Builder
	printTable(&b, all)
	lines := strings.Split(b.String(), "\n")
	for i, want := range []string{"x qemu", "burst @qemu", "1.25  failed 2", "legacy @drydock                    failed 3"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, without %q", i, lines[i], want)
		}
	}
	if strings.Contains(lines[1], "1.00") {
		t.Errorf("QEMU has a ratio to itself: %q", lines[1])
	}
}
