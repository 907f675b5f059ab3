package main

import (
	"os"
	"slices"
	"testing"
)

// What a run names on the host is gone from the command line inside: it is in the image that goes in.
func TestACarriedRunBringsItsImageAndNamesNothingElseOfTheHost(t *testing.T) {
	given := []string{"-file", "run_test.go:/y", "-module", "virtio-rng", "-env", "A=b", "-chdir", "/y", "-accel", "carrier", "-nodefaults"}
	r, m := parseRun(t, given)
	image, err := os.Open("carried_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer image.Close()
	plan, options, err := r.planCarried(m, image)
	if err != nil {
		t.Fatal(err)
	}
	words := plan.Command("run", options...)
	inner, machine := parseRun(t, words[1:])
	if words[0] != "run" || machine.Accel != "kvm" || !plan.Files.Has(inner.image) {
		t.Errorf("%q does not use the image that is among %q", words, plan.Files.Names())
	}
	if len(inner.files)+len(inner.modules) > 0 || inner.dir != "/y" || !slices.Equal(inner.env, []string{"A=b"}) {
		t.Errorf("%q became %q", given, words)
	}
	if len(r.files) != 1 || len(r.modules) != 1 {
		t.Errorf("the caller's options were changed: %+v", r)
	}
}

func TestWithoutAKernelACarriedRunTakesTheCarriers(t *testing.T) {
	k, err := carriedKernel("")
	if err != nil {
		t.Fatal(err)
	}
	if named, err := carriedKernel(k.Path); err != nil || named.Release != k.Release || k.ModulesDir == "" {
		t.Errorf("without -kernel %+v; by its name %+v, %v", k, named, err)
	}
}
