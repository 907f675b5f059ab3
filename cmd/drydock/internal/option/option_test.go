package option

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsListsAsQEMUDoes(t *testing.T) {
	for _, c := range []struct {
		name, in, implied string
		want              List
	}{
		{"the first word has the implied key", "tap,id=n0", "type", List{{"type", "tap"}, {"id", "n0"}}},
		{"a value may hold '='", "user,hostfwd=tcp::22-:22,x=a=b", "type", List{{"type", "user"}, {"hostfwd", "tcp::22-:22"}, {"x", "a=b"}}},
		{"a lone word is a switch", "a=1,server", "", List{{"a", "1"}, {"server", "on"}}},
		{"no before a lone word turns it off", "a=1,nowait", "", List{{"a", "1"}, {"wait", "off"}}},
		{"a doubled comma is one", "file=a,,b", "", List{{"file", "a,b"}}},
		{"a trailing comma adds nothing", "id=m,size=1M,", "", List{{"id", "m"}, {"size", "1M"}}},
		{"an empty value is kept", "virtio-net-pci,romfile=", "driver", List{{"driver", "virtio-net-pci"}, {"romfile", ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.in, c.implied)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestJSONSaysTheSameAsAList(t *testing.T) {
	for in, want := range map[string]string{
		`{"driver": "virtio-net-pci", "mq": true, "vectors": 4, "id": "a,b"}`:        "driver=virtio-net-pci,mq=on,vectors=4,id=a,,b",
		`{"driver":"raw","file":{"driver":"file","filename":"x","locks":[1,"two"]}}`: "driver=raw,file.driver=file,file.filename=x,file.locks.0=1,file.locks.1=two",
		`{"speed":-1,"on":false,"big":18446744073709551615}`:                         "speed=-1,on=off,big=18446744073709551615",
		`{"type":"user","hostfwd":[{"str":"tcp::1-:1"},{"str":"udp::2-:2"}]}`:        "type=user,hostfwd=tcp::1-:1,hostfwd=udp::2-:2",
		`{"a":[{"str":"x","n":1},[{"str":"y"}]]}`:                                    "a.0.str=x,a.0.n=1,a.1=y",
		`{}`: "",
	} {
		if got, err := Parse(in, "driver"); err != nil || got.String() != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		`{"a": null}`:                          "a: null",
		`{"a": 1} {}`:                          "more behind",
		`{"a": 1`:                              "a } is missing",
		`{"a=b": 1}`:                           "no option has",
		`{"": 1}`:                              "no option has",
		`{"a": [1}`:                            "invalid",
		"{" + strings.Repeat(`"a":{`, 17):      "nested",
		"{" + `"a":` + strings.Repeat(`[`, 17): "nested",
	} {
		if got, err := Parse(in, "driver"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", in, got, err, want)
		}
	}
	if _, err := FromJSON([]byte(`[1]`)); err == nil {
		t.Error("an array is no object")
	}
}

func TestAListIsWrittenAsItIsRead(t *testing.T) {
	l, err := Parse("tap,id=n0,file=a,,b,nowait", "type")
	if err != nil || l.String() != "type=tap,id=n0,file=a,,b,wait=off" {
		t.Errorf("%q, %v", l, err)
	}
	if got := l.With("id", "n1").String(); got != "type=tap,file=a,,b,wait=off,id=n1" {
		t.Errorf("With: %q", got)
	}
	if got := l.First("file").String(); got != "file=a,,b,type=tap,id=n0,wait=off" {
		t.Errorf("First: %q", got)
	}
}

func TestAnIDIsWhatQEMUTakesForOne(t *testing.T) {
	for _, id := range []string{"a", "Z9", "n0.x-y_z"} {
		if err := ID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", "1a", "a b", "a,b", "-a", ".", "#a", "\xc3\xa4"} {
		if ID(id) == nil {
			t.Errorf("%q is taken for one", id)
		}
	}
}

func TestSizeCountsInBinaryMultiples(t *testing.T) {
	for in, want := range map[string]uint64{"512": 512 << 20, "1G": 1 << 30, "1.5g": 3 << 29, "64k": 64 << 10, "4096B": 4096} {
		if got, err := Size(in, 1<<20); err != nil || got != want {
			t.Errorf("Size(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "-1", "x", "1GG", "0.3B", "1e99", "nan", "M"} {
		if got, err := Size(in, 1<<20); err == nil {
			t.Errorf("Size(%q) = %d; want an error", in, got)
		}
	}
}

func TestSlotIsHexadecimal(t *testing.T) {
	for in, want := range map[string][2]int{"4": {4, 0}, "04.0": {4, 0}, "0x6": {6, 0}, "10": {16, 0}, "0x1f.7": {31, 7}} {
		slot, fn, err := Slot(in)
		if err != nil || slot != want[0] || fn != want[1] {
			t.Errorf("Slot(%q) = %d.%d, %v; want %v", in, slot, fn, err, want)
		}
	}
	for _, in := range []string{"", "20", "4.8", "g", "4.", "-1"} {
		if _, _, err := Slot(in); err == nil {
			t.Errorf("Slot(%q) gave no error", in)
		}
	}
}

func TestAnUnknownNameGetsTheNearestKnownOne(t *testing.T) {
	var on bool
	props := Props{"mrg_rxbuf": ToBool(&on), "mq": ToBool(&on)}
	l, _ := Parse("mrg_rxbuff=on", "")
	err := l.Decode("-device virtio-net-pci", props)
	if err == nil || !strings.Contains(err.Error(), `"mrg_rxbuff"`) || !strings.Contains(err.Error(), `did you mean "mrg_rxbuf"`) {
		t.Errorf("got %v", err)
	}
	l, _ = Parse("mq=maybe", "")
	if err := l.Decode("-device virtio-net-pci", props); err == nil || !strings.Contains(err.Error(), "mq=maybe") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"tap,id=n0", ",,", "=", "a=,,=b,", "no", "nono", `{"a":{"b":[1,true]}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := Parse(s, "type")
		if err != nil {
			return
		}
		for _, p := range l {
			if p.Key == "" {
				t.Errorf("Parse(%q) gave an empty key", s)
			}
		}
		_, _ = Size(s, 1)
		_, _, _ = Slot(s)
	})
}
