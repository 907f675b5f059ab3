package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// image is a payload as far as its options go.
func image(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "payload")
	b := slices.Concat([]byte("code"), []byte(optionsMark), bytes.Repeat([]byte{'x'}, optionsRoom), []byte("more code"))
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func aRound() *round {
	return &round{configuration: &configuration{label: "x", options: "mrg=1", frame: small, kind: send}, extent: long}
}

func TestAnotherCommandGetsTheImageTheTapAndTheOptions(t *testing.T) {
	payload, dir := image(t), t.TempDir()
	who, err := drydockBy("boot -k @IMG@ -t ifname=@TAP@,x -a @APPEND@", payload, dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := who.(*machine).command(aRound())
	want := []string{"boot", "-k", payload, "-t", "ifname=tap0,x", "-a", "tx n=2 secs=1 len=64 mrg=1"}
	if err != nil || !slices.Equal(cmd.Args, want) {
		t.Errorf("%q, %v; want %q", cmd.Args, err, want)
	}
}

func TestAnotherCommandWithoutOptionsGetsThemInTheImage(t *testing.T) {
	payload, dir := image(t), t.TempDir()
	who, err := drydockBy("boot @IMG@ @TAP@", payload, dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := who.(*machine).command(aRound())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(cmd.Args[1])
	want := "code" + optionsMark + "tx n=2 secs=1 len=64 mrg=1\x00\x00"
	if err != nil || !bytes.HasPrefix(got, []byte(want)) || !bytes.HasSuffix(got, []byte("\x00more code")) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAnotherCommandWithoutAPlaceForImageOrTapIsAnError(t *testing.T) {
	for _, template := range []string{"", "boot @IMG@", "boot @TAP@"} {
		if _, err := drydockBy(template, "", ""); err == nil {
			t.Errorf("%q is no error", template)
		}
	}
}

func TestOptionsThatHaveNoRoomAreAnError(t *testing.T) {
	mark := optionsMark + strings.Repeat("x", optionsRoom)
	for _, c := range []struct{ name, image, options string }{
		{"no mark", strings.Repeat("x", 1000), "rx"},
		{"a mark at the end", optionsMark + "x", "rx"},
		{"too long", mark, strings.Repeat("x", optionsRoom)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := withOptions([]byte(c.image), c.options); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestAMissingQEMUIsAnErrorThatSaysHowToGetIt(t *testing.T) {
	if _, err := qemu("no-such-program", ""); err == nil || !strings.Contains(err.Error(), "apt-get install qemu-system-x86") {
		t.Error(err)
	}
}

func TestLegacyIsNotAskedOfQEMU(t *testing.T) {
	q, d := machine{label: qemuName}, machine{label: drydockName, legacy: true}
	legacy, modern := &configuration{legacy: true}, &configuration{}
	if q.can(legacy) || !q.can(modern) || !d.can(legacy) || !d.can(modern) {
		t.Error("QEMU's microvm has no legacy devices, Drydock has both")
	}
}
