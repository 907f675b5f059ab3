package main

import (
	"bufio"
	"fmt"
	"net"
	"testing"
)

func TestAMonitorsAnswersCanBeCompared(t *testing.T) {
	for _, c := range []struct {
		name, said, want string
	}{
		{"fields have one order", `{"return": {"b": 1, "a": 2}}`, `{"a":2,"b":1}`},
		{"an event is no answer", `{"event": "RESET"} {"return": {}}`, `{}`},
		{"an error is its class", `{"error": {"class": "GenericError", "desc": "no"}}`, `GenericError`},
		{"a time is whether there was one", `{"return": {"last-update": 1700000000}}`, `{"last-update":true}`},
		{"no time", `{"return": {"last-update": 0}}`, `{"last-update":false}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			go func() {
				defer theirs.Close()
				in := bufio.NewScanner(theirs)
				fmt.Fprintln(theirs, `{"QMP": {}}`)
				in.Scan()
				fmt.Fprintln(theirs, `{"return": {}}`)
				in.Scan()
				fmt.Fprintln(theirs, c.said)
			}()
			m, err := newMonitor(ours)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := m.execute("{}"); err != nil || got != c.want {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
		})
	}
}
