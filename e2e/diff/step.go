package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A step is a line of a script: a qtest command as it is sent, or one of the verbs below. The note says what the access means,
// for the table of deliberate differences and for whoever reads the script.
type step struct {
	text string
	note string
}

// Verbs of a script that are not qtest commands.
const (
	verbFence = "fence" // both machines finish what they have been told
	verbRest  = "rest"  // a moment passes, in which a device says what it had to say of buffers that it has used
	verbSend  = "send"  // send PEER HEX: a frame from the other end of a netdev
	verbAwait = "await" // await ADDRESS MASK VALUE: until the two bytes there are the value under the mask in both machines
	verbAsk   = "ask"   // ask JSON: a command to both monitors, and its answers
	verbLeft  = "left"  // nothing: a case is left out here
	verbFiles = "files" // the images of both machines hold the same
	verbRecv  = "recv"  // recv PEER: the frames that came out since the last one
)

func (s step) String() string {
	if s.note == "" {
		return s.text
	}
	return s.text + "  # " + s.note
}

func (s step) verb() string {
	verb, _, _ := strings.Cut(s.text, " ")
	return verb
}

// meta says that the step is no qtest command.
func (s step) meta() bool {
	switch s.verb() {
	case verbFence, verbAsk, verbLeft, verbRest, verbSend, verbRecv, verbAwait, verbFiles:
		return true
	}
	return false
}

// reads says that a qtest command changes nothing, so that it can be asked again. Reading an ISR is the exception.
func (s step) reads() bool {
	return strings.HasPrefix(s.text, "read") || strings.HasPrefix(s.text, "in")
}

// noted says that the note has a word.
func (s step) noted(word string) bool {
	for _, w := range strings.Fields(s.note) {
		if w == word {
			return true
		}
	}
	return false
}

// A script is what both machines are sent, and what they are started with.
type script struct {
	configuration string
	kind          kind
	steps         []step
}

// write is the form that -replay reads.
func (s *script) write(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "# configuration %s\n# traffic %s\n", s.configuration, s.kind); err != nil {
		return err
	}
	for _, st := range s.steps {
		if _, err := fmt.Fprintln(w, st); err != nil {
			return err
		}
	}
	return nil
}

func readScript(r io.Reader) (*script, error) {
	s := &script{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if head, ok := strings.CutPrefix(line, "# configuration "); ok {
			s.configuration = head
		} else if head, ok := strings.CutPrefix(line, "# traffic "); ok {
			s.kind = kind(head)
		} else if line != "" && line[0] != '#' {
			text, note, _ := strings.Cut(line, "#")
			s.steps = append(s.steps, step{strings.TrimSpace(text), strings.TrimSpace(note)})
		}
	}
	if s.configuration == "" || s.kind != registers && s.kind != data {
		return nil, fmt.Errorf("a script begins with \"# configuration NAME\" and \"# traffic %s\" or \"# traffic %s\"", registers, data)
	}
	return s, lines.Err()
}

// A kind is what a script is about.
type kind string

const (
	registers kind = "registers"
	data      kind = "data"
)
