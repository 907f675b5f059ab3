package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/drydock-vmm/drydock/"

// A reference is a test of another package, by the path of the package in the module and the test's name, subtest included, as
// the source has it.
type reference struct{ pkg, test string }

func (r reference) String() string { return r.pkg + ": " + r.test }

// id is how go test names it.
func (r reference) id() string { return strings.ReplaceAll(r.test, " ", "_") }

// verdicts runs the tests that are referred to and returns what became of each: "pass", "fail", "skip", or nothing for one that
// does not exist.
func verdicts(t *testing.T, refs []reference) map[reference]string {
	t.Helper()
	out := make(map[reference]string)
	if len(refs) == 0 {
		return out
	}
	events, err := exec.Command("go", testArguments(refs)...).Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && len(events) > 0) {
		t.Fatalf("go test of the packages that are referred to: %v", err)
	}
	ends := outcomes(t, events)
	for _, r := range refs {
		out[r] = ends[[2]string{module + r.pkg, r.id()}]
	}
	return out
}

func testArguments(refs []reference) []string {
	var pkgs, tests []string
	for _, r := range refs {
		top, _, _ := strings.Cut(r.id(), "/")
		pkgs, tests = append(pkgs, module+r.pkg), append(tests, top)
	}
	args := []string{"test", "-json", "-run", fmt.Sprintf("^(%s)$", strings.Join(unique(tests), "|"))}
	return append(args, unique(pkgs)...)
}

func unique(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// outcomes are the ends of all tests, by package and name.
func outcomes(t *testing.T, events []byte) map[[2]string]string {
	t.Helper()
	ends := make(map[[2]string]string)
	for d := json.NewDecoder(bytes.NewReader(events)); d.More(); {
		var e struct{ Action, Package, Test string }
		if err := d.Decode(&e); err != nil {
			t.Fatalf("what go test -json wrote: %v", err)
		}
		switch e.Action {
		case "pass", "fail", "skip":
			ends[[2]string{e.Package, e.Test}] = e.Action
		}
	}
	return ends
}
