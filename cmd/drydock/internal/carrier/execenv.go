package carrier

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// passed are the variables of the environment that mean the same in a carrier: how Go programs behave, ours, and the language.
// Others name what is on this host only.
var passed = struct{ names, prefixes []string }{
	names:    []string{"CI", "LANG", "TERM", "TZ"},
	prefixes: []string{"GO", "DRYDOCK_", "LC_"},
}

// passes reports whether a variable ("NAME=value") goes along.
func passes(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains(passed.names, name) ||
		slices.ContainsFunc(passed.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// addEnv reads -env.
func (e *execution) addEnv(s string) error {
	if !strings.Contains(s, "=") {
		value, ok := os.LookupEnv(s)
		if !ok {
			return fmt.Errorf("-env %s: is not set", s)
		}
		s += "=" + value
	}
	e.env = append(e.env, s)
	return nil
}

// addArtefact reads -artefact.
func (e *execution) addArtefact(s string) error {
	guest, host, two := strings.Cut(s, ":")
	if !two {
		host = guest
	}
	if !filepath.IsAbs(guest) || host == "" {
		return fmt.Errorf("-artefact %s: give GUEST or GUEST:HOST, where GUEST is an absolute path", s)
	}
	return e.bringBack(guest, host, false)
}

func (e *execution) bringBack(guest, host string, optional bool) error {
	host, err := filepath.Abs(host)
	e.request.Artefacts = append(e.request.Artefacts, Artefact{guest, host, optional})
	e.request.Dirs = append(e.request.Dirs, filepath.Dir(guest))
	return err
}

// testOutputs are the flags of a Go test binary that name a file which it writes (go help testflag).
var testOutputs = []string{"testlogfile", "coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace"}

// addTestFlags makes "go test -exec 'drydock exec --'" complete: the files that go test tells a test binary to write must find
// their directories, and come back.
func (e *execution) addTestFlags() {
	dir := e.dir
	if out := e.testFlag("outputdir"); out != "" {
		dir = out
		e.request.Dirs = append(e.request.Dirs, out)
	}
	if cover := e.testFlag("gocoverdir"); cover != "" {
		e.request.Dirs = append(e.request.Dirs, cover)
	}
	for _, name := range testOutputs {
		file := e.testFlag(name)
		if file == "" {
			continue
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		_ = e.bringBack(file, file, true) // it is absolute
	}
}

// testFlag returns the value of -test.name=value, which is how go test writes it.
func (e *execution) testFlag(name string) (value string) {
	for _, word := range e.argv[1:] {
		if v, ok := strings.CutPrefix(word, "-test."+name+"="); ok {
			value = v
		}
	}
	return value
}
