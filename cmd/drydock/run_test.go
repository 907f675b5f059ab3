package main

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
)

func parseRun(t *testing.T, words []string) (r runOptions, m *args.Machine) {
	t.Helper()
	m, rest, err := parseMachine("run", words, r.flags)
	if err != nil || len(rest) != 0 {
		t.Fatalf("%q: %v, rest %q", words, err, rest)
	}
	return r, m
}

func TestTheWordsForAnotherDrydockSayTheSameRun(t *testing.T) {
	for _, words := range [][]string{
		{},
		{"-t", "-verbose", "-chdir", "/a b", "-hostname", "h"},
		{"-file", "/etc/passwd:/p", "-file", "/etc/group", "-module", "dummy", "-module", "tun", "-env", "A=b c", "-env", "E="},
		{"-ip", "dhcp", "-ip", "none", "-ip", "10.0.0.2/24,gw=10.0.0.1,dns=9.9.9.9", "-ip", "fd00::2/64"},
		{"-m", "1G", "-smp", "2", "-netdev", "hubport,id=n0", "-device", "virtio-net-pci,netdev=n0", "-append", "quiet a=b,c"},
	} {
		r, m := parseRun(t, words)
		again, machine := parseRun(t, append(m.Words(), r.words()...))
		if !reflect.DeepEqual(r, again) || !reflect.DeepEqual(m, machine) {
			t.Errorf("%q became %q\nwas %+v, %+v\nnow %+v, %+v", words, append(m.Words(), r.words()...), r, m, again, machine)
		}
	}
}

func TestAFileIsNamedSoThatAnotherDrydockFindsIt(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := parseRun(t, []string{"-file", "./prog:/prog", "-file", "lib"})
	if r.files[0].Host != here+"/prog" || r.files[0].Guest != "/prog" || r.files[1].Host != here+"/lib" {
		t.Errorf("files %+v in %s", r.files, here)
	}
}

func TestNoOptionOfRunHasTheNameOfAMachineOption(t *testing.T) {
	defer func() {
		if p := recover(); p != nil {
			t.Error(p)
		}
	}()
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	args.New().Flags(fs)
	new(runOptions).flags(fs)
}

func TestACommandOnATerminalLearnsItsKind(t *testing.T) {
	t.Setenv("TERM", "vt52")
	_, tty := pty(t)
	for _, c := range []struct{ words, want []string }{
		{[]string{"-t"}, []string{"TERM=vt52"}},
		{[]string{"-t", "-env", "TERM=dumb"}, []string{"TERM=dumb"}},
		{nil, nil},
	} {
		r, _ := parseRun(t, c.words)
		if err := r.takeTerminal(tty); err != nil || !reflect.DeepEqual(r.env, c.want) {
			t.Errorf("%q: environment %q, %v; want %q", c.words, r.env, err, c.want)
		}
	}
}

func TestAGuestThatShallBeQuietIsToldSo(t *testing.T) {
	quiet, loud := new(runOptions), &runOptions{verbose: true}
	if got, want := quiet.kernelArguments("x=y"), kernelArguments+" quiet x=y"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := loud.kernelArguments(""); got != kernelArguments {
		t.Errorf("%q, want %q", got, kernelArguments)
	}
}

func TestAGuestsNameIsOneThatItCanHave(t *testing.T) {
	for name, ok := range map[string]bool{"drydock": true, "a-b.example": true, "a b": false, "": false, "a\nb": false, strings.Repeat("a", 65): false} {
		var r runOptions
		if err := r.setHostname(name); (err == nil) != ok || ok && r.hostname != name {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTheTimeOfALogLineIsToTheMillisecond(t *testing.T) {
	text := redirected(t)
	log, err := logger(args.New())
	if err != nil {
		t.Fatal(err)
	}
	log.Warn().Msg("first")
	time.Sleep(2 * time.Millisecond)
	log.Warn().Msg("second")
	stamps := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3} `).FindAllString(text(), -1)
	if len(stamps) != 2 || stamps[0] == stamps[1] {
		t.Errorf("the times are %q of %q", stamps, text())
	}
}
