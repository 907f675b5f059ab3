package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestTheConsoleKeepsItsEscapesFromTheGuest(t *testing.T) {
	for _, c := range []struct {
		name, typed, guest string
		leaves             int
	}{
		{"plain keys go through", "ls\r\x03", "ls\r\x03", 0},
		{"Ctrl-A x leaves", "a\x01xb", "ab", 1},
		{"Ctrl-A twice sends one", "a\x01\x01b", "a\x01b", 0},
		{"Ctrl-A three times and x leaves after one", "\x01\x01\x01x", "\x01", 1},
		{"Ctrl-A before another key sends both", "\x01c", "\x01c", 0},
		{"x alone is a key", "xx", "xx", 0},
	} {
		for how, slow := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			t.Run(c.name+", "+how, func(t *testing.T) {
				leaves := 0
				in := newConsole(nil, func(err error) {
					if err != errLeave {
						t.Errorf("left with %v", err)
					}
					leaves++
				})
				in.in = slow(strings.NewReader(c.typed))
				close(in.begun)
				got, err := io.ReadAll(in)
				if err != nil || string(got) != c.guest || leaves != c.leaves {
					t.Errorf("the guest got %q, %v, left %d times; want %q, %d", got, err, leaves, c.guest, c.leaves)
				}
			})
		}
	}
}

func TestAConsoleThatIsNoTerminalIsReadAsItIs(t *testing.T) {
	in := fileWith(t, "text")
	c, err := openConsole(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "text" {
		t.Errorf("read %q, %v", got, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestAConsoleTakesNothingBeforeItsMachineStarts(t *testing.T) {
	c := newConsole(fileWith(t, "text"), nil)
	read := make(chan string)
	go func() { text, _ := io.ReadAll(c); read <- string(text) }()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "" {
		t.Errorf("read %q of what was typed for somebody else", got)
	}
	if err := c.begin(); err != nil || c.tty != nil {
		t.Errorf("a console that was closed begins: %v, %v", err, c.tty)
	}
}
