package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

// story is where the feature comes from. The messages are in the Linux kernel mailing list's archive of October 2008; today's rings
// have indirect tables, so that memory, not entries, is what a driver without merged buffers runs out of.
const story = `
In 2008 Linux posted 20 ring entries for every frame that might come: a ring of 256 held 12, in 900 KB of memory, for what mostly
was 1,500 bytes each. Herbert Xu and Mark McLoughlin asked for small buffers that the device merges: VIRTIO_NET_F_MRG_RXBUF.
In 2025 NetKVM, the driver for Windows, did the same again with its 72 KB buffers: 288 MB became 16 MB at 4,096 buffers.`

// classes of num_buffers. At Linux's 1,536 bytes a frame of 64 KB takes 43 buffers, at a page each 17.
var classes = []struct {
	name     string
	from, to int
}{
	{"1", 1, 1}, {"2-4", 2, 4}, {"5-16", 5, 16}, {"17-43", 17, 43}, {"over 43", 44, virtionet.MaxBuffers},
}

// A row is a line of the table: what it tells of each run.
type row struct {
	name string
	cell func(r *result) string
}

func rows() []row {
	all := []row{{"frames by num_buffers", nothing}}
	for _, c := range classes {
		all = append(all, row{"  " + c.name, func(r *result) string { return share(spread(&r.end, c.from, c.to), r.end.Frames) }})
	}
	return append(all, []row{
		{"frames received", func(r *result) string { return grouped(r.end.Frames) }},
		{"  bytes in each", func(r *result) string { return grouped(per(r.end.Bytes, r.end.Frames)) }},
		{"  buffers in each", func(r *result) string { return fraction(r.end.Buffers, r.end.Frames) }},
		{"posted, before any came", nothing},
		{"  ring entries", func(r *result) string { return grouped(uint64(r.rest.Posted.Entries)) }},
		{"  buffers", func(r *result) string { return grouped(uint64(r.rest.Posted.Buffers)) }},
		{"  descriptors in each", func(r *result) string { return grouped(uint64(perBuffer(r, r.rest.Posted.Descriptors))) }},
		{"  bytes in each", func(r *result) string { return grouped(uint64(perBuffer(r, int(r.rest.Posted.Bytes)))) }},
		{"  guest memory, KiB", func(r *result) string { return grouped(r.rest.Posted.Bytes >> 10) }},
		{"  the most later on, KiB", func(r *result) string { return grouped(r.end.Posted.MaxBytes >> 10) }},
		{"throughput, Gb/s", func(r *result) string { return fmt.Sprintf("%.2f", r.stream.gigabits()) }},
		{"kicks per frame", func(r *result) string { return fraction(r.end.Kicks, r.end.Frames) }},
		{"interrupts per frame", func(r *result) string { return fraction(r.end.Interrupts, r.end.Frames) }},
		{"boot, seconds", func(r *result) string { return fmt.Sprintf("%.1f", r.boot.Seconds()) }},
	}...)
}

// printTable writes one column for each run.
func printTable(w io.Writer, all []result) {
	line := func(name string, cell func(r *result) string) {
		text := fmt.Sprintf("%-26s", name)
		for i := range all {
			text += fmt.Sprintf("%17s", cell(&all[i]))
		}
		fmt.Fprintln(w, strings.TrimRight(text, " "))
	}
	line("", func(r *result) string { return r.name })
	for _, row := range rows() {
		line(row.name, row.cell)
	}
}

func nothing(*result) string { return "" }

// spread counts the frames with a num_buffers in a range.
func spread(s *virtionet.ReceiveStats, from, to int) (n uint64) {
	for _, frames := range s.ByBuffers[from : to+1] {
		n += frames
	}
	return n
}

func share(part, whole uint64) string {
	if part == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %5.1f%%", grouped(part), 100*float64(part)/float64(whole))
}

func per(n, of uint64) uint64 { return n / max(of, 1) }

func fraction(n, of uint64) string { return fmt.Sprintf("%.2f", float64(n)/float64(max(of, 1))) }

func perBuffer(r *result, n int) int { return n / max(r.rest.Posted.Buffers, 1) }

// grouped writes 73708 as 73,708.
func grouped(n uint64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
