package conformance

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

const documentPath = "../../docs/CONFORMANCE.md"

const preamble = `# Conformance

What virtio 1.4 asks of a device, and what Drydock's devices do: one row a sentence, in our words. **This page is generated** from a run
of [e2e/conformance](../e2e/conformance); ` + "`make conformance`" + ` writes it anew, and the suite fails if it is not what the suite yields.

The device is driven as a guest's driver drives it, over PCI, in four ways: split rings through the legacy interface of a transitional
device, split rings through its modern interface, split rings on a non-transitional device, and packed rings. (Packed rings and the
legacy interface exclude each other: RING_PACKED is bit 34, and a legacy driver sees 32.)

* *word*: MUST, SHOULD and MAY are the specification's (their negations too). *Described* is what a device does by a text without such a
  word. *Survives* is a duty of the driver's: the device must come to no harm by a driver that neglects it.
* *test*: a file of e2e/conformance, whose subtest has the sentence for its name, or a test of another package, which was run too.
* **pass**, **FAIL**; **as QEMU**: a deviation that is meant, because QEMU's device deviates so and drivers know that one; the test shows
  the deviation. The reason follows the table.
`

// document is docs/CONFORMANCE.md.
func document(got results) []byte {
	var b bytes.Buffer
	b.WriteString(preamble)
	for _, r := range reasons {
		fmt.Fprintf(&b, "* n/a %s: %s.\n", r[0], r[1])
	}
	writeSummary(&b, got)
	for _, c := range chapters {
		writeChapter(&b, c, got)
	}
	return b.Bytes()
}

func writeSummary(b *bytes.Buffer, got results) {
	var tested, failing, deviating, none int
	for _, s := range all() {
		switch result := *got.of(s); {
		case !s.tested():
			none++
			continue
		case s.asQEMU != "":
			deviating++
		case strings.Contains(strings.Join(result[:], " "), failed):
			failing++
		}
		tested++
	}
	fmt.Fprintf(b, "\n%d sentences have a test: %d hold, %d deviate as QEMU does, %d fail. %d have none.\n",
		tested, tested-failing-deviating, deviating, failing, none)
}

func writeChapter(b *bytes.Buffer, c chapter, got results) {
	fmt.Fprintf(b, "\n## %s\n\n| section | word | the device | test | %s |\n|%s\n", c.title, strings.Join(titles[:], " | "), strings.Repeat("---|", 4+len(titles)))
	for _, s := range c.sentences {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", s.section, s.force, s.text, s.where(), strings.Join(s.cells(*got.of(s)), " | "))
	}
	writeNotes(b, c)
}

// writeNotes gives the reasons of what deviates and what has no test.
func writeNotes(b *bytes.Buffer, c chapter) {
	gap := "\n"
	for _, s := range c.sentences {
		switch {
		case s.asQEMU != "":
			fmt.Fprintf(b, "%s* %s, %s: as QEMU: %s.\n", gap, s.section, s.text, s.asQEMU)
		case s.why != "":
			fmt.Fprintf(b, "%s* %s, %s: no test: %s.\n", gap, s.section, s.text, s.why)
		default:
			continue
		}
		gap = ""
	}
}

// where names the test.
func (s sentence) where() string {
	switch {
	case s.check != nil:
		return s.file
	case s.tested():
		return s.see.String()
	}
	return "no test"
}

func (s sentence) cells(result [columns]string) []string {
	cells := make([]string, columns)
	for c := range cells {
		switch {
		case !s.tested():
			cells[c] = "-"
		case s.scope[c] != "":
			cells[c] = "n/a " + s.scope[c]
		default:
			cells[c] = result[c]
		}
	}
	return cells
}

// checkDocument compares the file with what it ought to be, or writes it.
func checkDocument(t *testing.T, want []byte) {
	if *write {
		if err := os.WriteFile(documentPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(documentPath)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s is not what the suite yields; make conformance writes it. The first line that differs:\n%s", documentPath, difference(have, want))
	}
}

func difference(have, want []byte) string {
	h, w := strings.Split(string(have), "\n"), strings.Split(string(want), "\n")
	for i := 0; ; i++ {
		if i == len(h) || i == len(w) || h[i] != w[i] {
			return fmt.Sprintf("have %q\nwant %q", at(h, i), at(w, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
