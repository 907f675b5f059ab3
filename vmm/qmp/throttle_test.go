package qmp

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A clock holds what is to be called at the end of a period.
type clock struct{ due []func() }

func (c *clock) after(_ time.Duration, f func()) { c.due = append(c.due, f) }

// pass ends the periods that run.
func (c *clock) pass() {
	due := c.due
	c.due = nil
	for _, f := range due {
		f()
	}
}

func TestOfManyEventsInAPeriodTheFirstAndTheLastAreSent(t *testing.T) {
	var c clock
	s := newFake().server
	s.limits.after = c.after
	client := negotiated(t, s)
	expect := func(data ...int) {
		t.Helper()
		for _, d := range data {
			client.expect(fmt.Sprintf(`{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "E", "data": %d}`, d))
		}
		client.says(`{"execute": "stop", "arguments": {"x": 1}}`) // its answer comes next, if nothing else does
		client.fails("GenericError", "unexpected")
	}
	emit := func(limit string, data int) { s.Emit(Event{Name: "E", Data: data, Limit: limit}) }
	for i := range 100 {
		emit("a", i)
	}
	emit("b", 200)
	expect(0, 200)
	c.pass()
	expect(99)
	emit("a", 300) // a period runs since the last
	emit("b", 301) // none does
	expect(301)
	c.pass()
	expect(300)
	c.pass()
	c.pass()
	if len(c.due) != 0 || len(s.limits.last) != 0 {
		t.Errorf("%d periods run, %d events are kept", len(c.due), len(s.limits.last))
	}
}

func TestValuesOfTheWrongKindAreRefused(t *testing.T) {
	for _, c := range []struct{ says, words string }{
		{`{"execute": "balloon", "arguments": {"value": 0}}`, "Parameter 'target' expects a size"},
		{`{"execute": "balloon", "arguments": {"value": -1}}`, "Parameter 'target' expects a size"},
		{`{"execute": "balloon", "arguments": {"value": "1G"}}`, "Invalid parameter type for 'value', expected: integer"},
		{`{"execute": "balloon"}`, "Parameter 'value' is missing"},
		{`{"execute": "qom-set", "arguments": {"path": "/b", "property": "p", "value": "x"}}`, "Invalid parameter type for 'p', expected: integer"},
		{`{"execute": "qom-set", "arguments": {"path": "/b", "property": "p"}}`, "Parameter 'value' is missing"},
	} {
		f := newFake()
		client := negotiated(t, f.server)
		client.says(c.says)
		client.fails("GenericError", c.words)
		if slices.ContainsFunc(f.asked, func(what string) bool { return what != "ask the balloon" }) {
			t.Errorf("%s: asked to %v", c.says, f.asked)
		}
	}
}
