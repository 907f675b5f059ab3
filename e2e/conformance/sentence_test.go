package conformance

import (
	"path/filepath"
	"runtime"
)

// A sentence is one thing that virtio 1.4 asks of a device.
type sentence struct {
	section string
	force   string // the specification's word
	text    string // in our words, with the device as the subject
	scope   scope

	check func(e *env) // nil: see or why
	file  string       // in which check is
	see   reference    // a test of another package that is the check

	// asQEMU is the reason of a deviation that is meant because QEMU's device deviates so. check shows the deviation, so that its
	// end is noticed.
	asQEMU string

	why string // there is no test
}

// The words. A described sentence tells what a device does without one of them; a survived one is a driver's duty, and the device
// must come to no harm by a driver that neglects it.
const (
	mustWord   = "MUST"
	shouldWord = "SHOULD"
	mayWord    = "MAY"
	isWord     = "described"
	liveWord   = "survives"
)

func must(section string, on scope, text string, check func(*env)) sentence {
	return checked(section, mustWord, on, text, check)
}

func should(section string, on scope, text string, check func(*env)) sentence {
	return checked(section, shouldWord, on, text, check)
}

func may(section string, on scope, text string, check func(*env)) sentence {
	return checked(section, mayWord, on, text, check)
}

func described(section string, on scope, text string, check func(*env)) sentence {
	return checked(section, isWord, on, text, check)
}

func survives(section string, on scope, text string, check func(*env)) sentence {
	return checked(section, liveWord, on, text, check)
}

// checked notes the file from which must, should and so on were called.
func checked(section, force string, on scope, text string, check func(*env)) sentence {
	_, file, _, _ := runtime.Caller(2)
	return sentence{section: section, force: force, text: text, scope: on, check: check, file: filepath.Base(file)}
}

// elsewhere is a sentence that a test of another package checks, for every column in on.
func elsewhere(section, force string, on scope, text string, see reference) sentence {
	return sentence{section: section, force: force, text: text, scope: on, see: see}
}

// untested is a sentence without a test.
func untested(section, force, text, why string) sentence {
	return sentence{section: section, force: force, text: text, why: why}
}

// deviates marks a deviation that is meant.
func (s sentence) deviates(reason string) sentence {
	s.asQEMU = reason
	return s
}

// name is that of the subtest.
func (s sentence) name() string { return s.section + " " + s.text }

// tested says whether anything checks the sentence.
func (s sentence) tested() bool { return s.check != nil || s.see != reference{} }

// A chapter is sentences under a heading of the document.
type chapter struct {
	title     string
	sentences []sentence
}
