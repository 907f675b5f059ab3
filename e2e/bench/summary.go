package main

import "slices"

// A series is all rows of one contender in one configuration.
type series struct {
	Label     string `json:"label"`
	Contender string `json:"contender"`
	Rows      []row  `json:"rows"`
	Failed    int    `json:"failed"`
	Summary   `json:"summary"`
}

// Summary is what a table shows of a series.
type Summary struct {
	KPPS  Spread  `json:"kpps"`
	Gbps  Spread  `json:"gbps"`
	NsPkt float64 `json:"ns_per_packet"`     // at the median rate
	Kicks float64 `json:"kicks_per_packet"`  // over all rows
	CPU   float64 `json:"cpu_ns_per_packet"` // of the host, without the virtual CPU; the median
	Ratio float64 `json:"ratio_to_qemu"`     // of median rates; 0 without QEMU
}

// Spread is the least, the median (of an even number, the upper one) and the greatest.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"med"`
	Max    float64 `json:"max"`
}

func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return Spread{v[0], v[len(v)/2], v[len(v)-1]}
}

func summarize(rows []row) (s Summary) {
	if len(rows) == 0 {
		return s
	}
	var kpps, gbps, cpu []float64
	var kicks, packets float64
	for _, r := range rows {
		kpps, gbps = append(kpps, r.kpps()), append(gbps, r.gbps())
		cpu = append(cpu, float64(r.CPU)/float64(r.Packets))
		kicks += float64(r.Kicks)
		packets += float64(r.Packets)
	}
	s.KPPS, s.Gbps = spread(kpps), spread(gbps)
	s.NsPkt, s.Kicks, s.CPU = 1e6/s.KPPS.Median, kicks/packets, spread(cpu).Median
	return s
}

// conclude summarizes all series, each beside QEMU's of the same label.
func conclude(all []*series) {
	base := map[string]float64{}
	for _, s := range all {
		s.Summary = summarize(s.Rows)
		if s.Contender == qemuName {
			base[s.Label] = s.KPPS.Median
		}
	}
	for _, s := range all {
		if q := base[s.Label]; q > 0 && s.Contender != qemuName {
			s.Ratio = s.KPPS.Median / q
		}
	}
}
