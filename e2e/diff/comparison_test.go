package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const qemuBinary = "qemu-system-x86_64"

// qemuTwice compares QEMU with a QEMU that has further arguments.
func qemuTwice(t *testing.T, more ...string) *comparison {
	return &comparison{
		qemu:     emulator{name: "QEMU", path: qemuBinary, qemu: true},
		drydock:  emulator{name: "QEMU again", path: qemuBinary, qemu: true, more: more},
		accesses: 500, scenarios: 50, out: t.TempDir(), told: newTally(), patience: 20 * time.Second, shrinkTime: 10 * time.Minute,
	}
}

func TestQEMUDoesNotDifferFromItself(t *testing.T) {
	for _, name := range []string{"default", "packed", "legacy"} {
		t.Run(name, func(t *testing.T) {
			r, err := qemuTwice(t).configuration(1, mustFind(t, name))
			for range 2 { // on a busy machine one side's interrupt may be late, but not every time
				if err != nil || r.differences == 0 {
					break
				}
				t.Logf("once more after %+v", r)
				r, err = qemuTwice(t).configuration(1, mustFind(t, name))
			}
			if err != nil || r.differences != 0 || r.accesses < 500 || r.scenarios < 50 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestADifferenceIsFoundAndShrunkToAScriptThatReplays(t *testing.T) {
	c := qemuTwice(t, "-global", "virtio-net-pci.duplex=full")
	conf, found := mustFind(t, "default"), 0
	layouts, err := c.layouts(conf)
	if err == nil {
		err = c.life(conf, registerScript(1, conf, layouts, 100), &found)
	}
	if err != nil || found != 1 {
		t.Fatalf("%d differences, %v", found, err)
	}
	path := filepath.Join(c.out, "default-registers-1.qtest")
	text, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	s, err := readScript(text)
	if err != nil || len(s.steps) > 12 {
		t.Errorf("%d steps, %v", len(s.steps), err)
	}
	if err := c.replay(path); !errors.Is(err, errDifferent) {
		t.Errorf("the replay says %v", err)
	}
	if err := qemuTwice(t).replay(path); err != nil {
		t.Errorf("the replay on equal machines says %v", err)
	}
}

func TestQEMUDoesNotDifferFromItselfInOtherData(t *testing.T) {
	for _, name := range []string{"tap-rss-hash-packed", "ports", "balloon"} {
		t.Run(name, func(t *testing.T) {
			c, conf := qemuTwice(t), mustFind(t, name)
			layouts, err := c.layouts(conf)
			if err != nil {
				t.Fatal(err)
			}
			var d *difference
			for range 3 { // on a busy machine one side's interrupt may be late, but not every time
				if d, err = c.try(conf, dataScript(1, conf, layouts, 100), c.told); d == nil {
					break
				}
				t.Logf("once more after %v", d)
			}
			if err != nil || d != nil {
				t.Errorf("%v, %v", d, err)
			}
		})
	}
}

func TestWhatATapWasNotToldIsADifference(t *testing.T) {
	conf := mustFind(t, "tap-packed-no-merge")
	for _, off := range []string{"guest_csum=off", "guest_tso4=off"} {
		t.Run(off, func(t *testing.T) {
			c := qemuTwice(t, "-global", "virtio-net-pci."+off)
			c.patience = time.Second
			layouts, err := c.layouts(conf)
			if err != nil {
				t.Fatal(err)
			}
			s := dataScript(1, conf, layouts, 300)
			s.steps = slices.DeleteFunc(s.steps, func(s step) bool { return s.noted("device_feature") }) // which would tell
			d, err := c.try(conf, s, c.told)
			if err != nil || d == nil || !d.step.noted("buffer") && !d.step.noted("used") {
				t.Errorf("%v, %v", d, err)
			}
		})
	}
}

func TestAMachineThatDoesNotStartSaysWhy(t *testing.T) {
	c := qemuTwice(t, "-device", "no-such-thing")
	if _, err := c.configuration(1, mustFind(t, "default")); err == nil {
		t.Error("no error")
	}
}

func mustFind(t *testing.T, name string) *configuration {
	t.Helper()
	c, err := named(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
