package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestEachConfigurationHasALabelOfItsOwnAndAGuestThatDoesWhatItSays(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range configurations {
		if seen[c.label] {
			t.Errorf("two configurations are called %q", c.label)
		}
		seen[c.label] = true
		word := map[kind]string{burst: "burst=", steady: "rx n=2 secs=1", send: "tx n=2 secs=1"}[c.kind]
		if cmdline := c.append(long); !strings.Contains(cmdline, word) || strings.Contains(cmdline, "legacy") != c.legacy {
			t.Errorf("%s: the guest is told %q", c.label, cmdline)
		}
		if c.kind == burst && c.count(long) == 0 {
			t.Errorf("%s: a burst of nothing", c.label)
		}
		if c.queueLength(long) <= c.count(long) {
			t.Errorf("%s: a queue of %d for %d frames", c.label, c.queueLength(long), c.count(long))
		}
	}
}

func TestTheGuestIsToldHowLongAndHowManyFrames(t *testing.T) {
	c := configuration{label: "x", options: "mrg=1", frame: small, kind: burst}
	if got, want := c.append(long), "rx n=1 wait=1200 burst=50000 mrg=1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := c.append(short), "rx n=1 wait=300 burst=5000 mrg=1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOnlyChoosesByLabel(t *testing.T) {
	o := options{only: regexp.MustCompile("^tx 64B$")}
	if got := o.selected(); len(got) != 1 || got[0].label != "tx 64B" {
		t.Errorf("%+v", got)
	}
	if got := (&options{only: regexp.MustCompile("")}).selected(); len(got) != len(configurations) {
		t.Errorf("%d of %d without a choice", len(got), len(configurations))
	}
}

func TestBadOptionsAreErrors(t *testing.T) {
	for _, c := range []struct{ name, args, want string }{
		{"no rounds", "-rounds 0", "-rounds 0"},
		{"no expression", "-only [", "missing closing"},
		{"a stray word", "all", `"all"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parse(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}
