package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestAScriptReadsBackAsItWasWritten(t *testing.T) {
	s := &script{"default", data, []step{{"outl 0xcf8 0x80002000", "config"}, {verbFence, ""}, {"send 0 ff00", "scenario"}, {"read 0x10 0x4", "used packed"}}}
	var text bytes.Buffer
	if err := s.write(&text); err != nil {
		t.Fatal(err)
	}
	got, err := readScript(&text)
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v, %v; want %+v", got, err, s)
	}
}

func TestAFileThatIsNoScriptIsAnError(t *testing.T) {
	for _, text := range []string{"", "inb 0x10\n", "# configuration default\n", "# configuration default\n# traffic poetry\n"} {
		if _, err := readScript(strings.NewReader(text)); err == nil {
			t.Errorf("%q is taken for a script", text)
		}
	}
}
