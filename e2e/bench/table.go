package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

const (
	tableHead = "%-34s %3s %9s %8s %8s | %8s %7s %7s | %10s | %9s | %10s | %6s\n"
	tableRow  = "%-34s %3d %9.1f %8.1f %8.1f | %8.3f %7.3f %7.3f | %10.0f | %9.4f | %10.0f | %6s"
)

// printTable writes one line for each series.
func printTable(w io.Writer, all []*series) {
	fmt.Fprintf(w, tableHead, "", "n", "kpps min", "med", "max", "Gb/s min", "med", "max", "ns/pkt med", "kicks/pkt", "cpu ns/pkt", "x qemu")
	for _, s := range all {
		fmt.Fprintln(w, s)
	}
}

func (s *series) String() string {
	label := s.Label + " @" + s.Contender
	if len(s.Rows) == 0 {
		return fmt.Sprintf("%-34s failed %d", label, s.Failed)
	}
	ratio := ""
	if s.Ratio > 0 {
		ratio = fmt.Sprintf("%.2f", s.Ratio)
	}
	line := fmt.Sprintf(tableRow, label, len(s.Rows), s.KPPS.Min, s.KPPS.Median, s.KPPS.Max,
		s.Gbps.Min, s.Gbps.Median, s.Gbps.Max, s.NsPkt, s.Kicks, s.CPU, ratio)
	if s.Failed > 0 {
		line += fmt.Sprintf("  failed %d", s.Failed)
	}
	return line
}

func writeJSON(path string, all []*series) error {
	b, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
