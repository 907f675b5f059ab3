package conformance

import (
	"flag"
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

var write = flag.Bool("write", false, "write docs/CONFORMANCE.md")

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// results has what became of each sentence in each column; "" where it was not run.
type results map[string]*[columns]string

const (
	passed = "pass"
	failed = "FAIL"
	meant  = "as QEMU" // a deviation that is meant
)

func (r results) of(s sentence) *[columns]string {
	if r[s.name()] == nil {
		r[s.name()] = new([columns]string)
	}
	return r[s.name()]
}

func TestConformance(t *testing.T) {
	got := make(results)
	runReferences(t, got)
	for _, c := range chapters {
		for _, s := range c.sentences {
			if s.check != nil {
				t.Run(s.name(), func(t *testing.T) { s.run(t, got.of(s)) })
			}
		}
	}
	if got.complete() {
		t.Run("docs/CONFORMANCE.md says what this run has shown", func(t *testing.T) { checkDocument(t, document(got)) })
	}
}

// run checks a sentence in each column to which it applies.
func (s sentence) run(t *testing.T, out *[columns]string) {
	for c := range columns {
		if s.scope[c] != "" {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			out[c] = failed
			s.check(&env{T: t, column: c})
			if !t.Failed() {
				out[c] = s.success()
			}
		})
	}
}

func (s sentence) success() string {
	if s.asQEMU != "" {
		return meant
	}
	return passed
}

// runReferences fills in the sentences that are checked elsewhere.
func runReferences(t *testing.T, got results) {
	var refs []reference
	for _, s := range all() {
		if s.see != (reference{}) {
			refs = append(refs, s.see)
		}
	}
	ends := verdicts(t, refs)
	for _, s := range all() {
		if s.see == (reference{}) {
			continue
		}
		result := s.success()
		if end := ends[s.see]; end != "pass" {
			t.Errorf("%s: %s: %q", s.name(), s.see, end)
			result = failed
		}
		for c := range columns {
			if s.scope[c] == "" {
				got.of(s)[c] = result
			}
		}
	}
}

// complete is false if -run has left out a sentence.
func (r results) complete() bool {
	for _, s := range all() {
		for c := range columns {
			if s.tested() && s.scope[c] == "" && r.of(s)[c] == "" {
				return false
			}
		}
	}
	return true
}

func all() (out []sentence) {
	for _, c := range chapters {
		out = append(out, c.sentences...)
	}
	return out
}

func TestEverySentenceHasItsOwnName(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range all() {
		if seen[s.name()] {
			t.Errorf("twice: %s", s.name())
		}
		seen[s.name()] = true
	}
}
