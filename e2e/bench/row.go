package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A row is one measurement, as the payload prints it.
type row struct {
	Micros  uint64 `json:"us"`
	Packets uint64 `json:"pkts"`
	Bytes   uint64 `json:"bytes"` // of frames, without headers
	Kicks   uint64 `json:"kicks"` // notifications by the guest
	Empty   uint64 `json:"empty"` // looks at an empty ring
	Buffers uint64 `json:"bufs"`
	IRQs    uint64 `json:"irqs"` // interrupts since the guest's start

	CPU uint64 `json:"cpu_ns"` // of the host, without the virtual CPU; not the guest's to print
}

// parseRow reads "RX us=1 pkts=2 …". Keys that it does not know are the payload's affair.
func parseRow(line string) (r row, err error) {
	fields := map[string]*uint64{"us": &r.Micros, "pkts": &r.Packets, "bytes": &r.Bytes, "kicks": &r.Kicks, "empty": &r.Empty,
		"bufs": &r.Buffers, "irqs": &r.IRQs}
	for _, word := range strings.Fields(line)[1:] {
		key, value, found := strings.Cut(word, "=")
		to := fields[key]
		if !found || to == nil {
			continue
		}
		if *to, err = strconv.ParseUint(value, 10, 64); err != nil {
			return row{}, fmt.Errorf("%q in the row %q: %w", word, line, err)
		}
		delete(fields, key)
	}
	for _, key := range []string{"us", "pkts", "bytes", "kicks"} {
		if fields[key] != nil {
			return row{}, fmt.Errorf("no %s= in the row %q", key, line)
		}
	}
	return r, nil
}

func (r *row) kpps() float64 { return float64(r.Packets) * 1e3 / float64(r.Micros) }
func (r *row) gbps() float64 { return float64(r.Bytes) * 8e-3 / float64(r.Micros) }
