package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// talk is a machine whose guest says these lines; it needs no wire, for it sends.
func talk(t *testing.T, lines ...string) ([]row, error) {
	script := fmt.Sprintf("printf '%%b' '%s'", strings.Join(lines, `\r\n`))
	return runGuest(t.Context(), exec.Command("sh", "-c", script), aRound())
}

const sent = "TX us=1000 pkts=9 bytes=90 kicks=1"

func TestRowsAreThoseOfTheGuest(t *testing.T) {
	rows, err := talk(t, "PAYLOAD start", "READY", sent, sent, "END", "")
	if err != nil || len(rows) != 2 || rows[1].Packets != 9 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestAGuestThatDidNotMeasureIsAnErrorThatSaysWhy(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"it gives up", []string{"FATAL no virtio function", "END", ""}, "no virtio function"},
		{"its machine ends early", []string{"READY", sent, ""}, "ended before its guest"},
		{"a row is missing", []string{"READY", sent, "END", ""}, "1 rows, expected 2"},
		{"nothing was sent", []string{"READY", sent, "TX us=1000 pkts=0 bytes=0 kicks=1", "END", ""}, "0 frames"},
		{"a row cannot be read", []string{"READY", "TX us=1", "END", ""}, "no pkts="},
	} {
		t.Run(c.name, func(t *testing.T) {
			if rows, err := talk(t, c.lines...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want %q in it", rows, err, c.want)
			}
		})
	}
}
