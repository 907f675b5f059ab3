package runproto

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// stream reads from one buffer and writes to another.
type stream struct {
	io.Reader
	io.Writer
}

func frames(t *testing.T, write func(c *Conn) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(NewConn(stream{nil, &b})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFramesComeBackAsTheyWereWritten(t *testing.T) {
	big := bytes.Repeat([]byte("x"), MaxData)
	b := frames(t, func(c *Conn) error {
		return errors.Join(c.Write(Stdout, big), c.Write(Bye, nil), c.WriteNumber(Signal, 15), c.WriteJSON(Exit, Status{Code: 3}))
	})
	c := NewConn(stream{bytes.NewReader(b), nil})
	for i, check := range []func(f Frame) bool{
		func(f Frame) bool { return f.Type == Stdout && bytes.Equal(f.Payload, big) },
		func(f Frame) bool { return f.Type == Bye && len(f.Payload) == 0 },
		func(f Frame) bool { n, err := f.Number(); return f.Type == Signal && n == 15 && err == nil },
		func(f Frame) bool { var s Status; return f.JSON(&s) == nil && s.Exit() == 3 },
	} {
		f, err := c.Read()
		if err != nil || !check(f) {
			t.Errorf("frame %d: type %d with %d bytes, %v", i, f.Type, len(f.Payload), err)
		}
	}
	if _, err := c.Read(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestAReaderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		bytes, says string
	}{
		"a type that does not exist":      {"\x63\x00\x00\x00\x00", "type 99"},
		"type 0":                          {"\x00\x00\x00\x00\x00", "type 0"},
		"more data than a frame may hold": {"\x05\x01\x80\x00\x00", "32769 bytes, more than 32768"},
		"a goodbye with data":             {"\x0d\x01\x00\x00\x00x", "more than 0"},
		"a header that is cut":            {"\x05\x01", "unexpected EOF"},
		"a payload that is cut":           {"\x05\x02\x00\x00\x00x", "unexpected EOF"},
		"a length of 4 GiB":               {"\x02\xff\xff\xff\xff", "more than 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewConn(stream{strings.NewReader(c.bytes), nil}).Read()
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestAWriterRefusesWhatAReaderWould(t *testing.T) {
	c := NewConn(stream{nil, io.Discard})
	if c.Write(Stdout, make([]byte, MaxData+1)) == nil || c.Write(99, nil) == nil || c.WriteJSON(Start, func() {}) == nil {
		t.Error("no error")
	}
}

func TestMalformedPayloadsAreErrors(t *testing.T) {
	if _, err := (Frame{Signal, []byte{1, 2}}).Number(); err == nil {
		t.Error("a number of 2 bytes")
	}
	if (Frame{Exit, []byte("{")}).JSON(new(Status)) == nil {
		t.Error("broken JSON")
	}
}

func TestTheExitStatusIsThatOfAShell(t *testing.T) {
	for status, want := range map[Status]int{{Code: 7}: 7, {Signal: 9}: 137, {}: 0, {Code: 1, Signal: 15}: 143} {
		if got := status.Exit(); got != want {
			t.Errorf("%+v gives %d, want %d", status, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("\x05\x02\x00\x00\x00xy\x0d\x00\x00\x00\x00"))
	f.Add([]byte("\x02\x00\x00\x10\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again bytes.Buffer
		in, out := NewConn(stream{bytes.NewReader(b), nil}), NewConn(stream{nil, &again})
		for {
			frame, err := in.Read()
			if err != nil {
				break
			}
			if err := out.Write(frame.Type, frame.Payload); err != nil {
				t.Fatalf("a frame that was read cannot be written: %v", err)
			}
		}
		if !bytes.HasPrefix(b, again.Bytes()) {
			t.Error("the frames that were read are not those of the stream")
		}
	})
}
