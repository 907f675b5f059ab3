package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestADrawnConfigurationIsFoundByItsName(t *testing.T) {
	for n := range 50 {
		c := drawn(0x9e3779b97f4a7c15, n)
		again, err := named(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c, *again) {
			t.Errorf("%s is %v, then %v", c.name, c.lines(), again.lines())
		}
	}
}

func TestDrawnConfigurationsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for n := range 50 {
		c := drawn(1, n)
		seen[strings.Join(c.lines(), " ")] = true
	}
	if len(seen) < 45 {
		t.Errorf("50 draws give %d configurations", len(seen))
	}
}

func TestANameThatNoConfigurationHasIsAnError(t *testing.T) {
	for _, name := range []string{"", "no-such", "drawn-", "drawn-xyz-1"} {
		if _, err := named(name); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
}

func TestNoTwoConfigurationsHaveTheSameName(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range configurations {
		if seen[c.name] {
			t.Errorf("%s is there twice", c.name)
		}
		seen[c.name] = true
	}
}

func TestBothRefuseWhatQEMURefuses(t *testing.T) {
	c := qemuTwice(t)
	conf := card("refused", "disable-modern=on,disable-legacy=on")
	r, err := c.configuration(1, &conf)
	if err != nil || r.refused != 1 || r.differences != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
