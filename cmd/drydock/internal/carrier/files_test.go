package carrier

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tarOf is what a carrier may send.
func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		h := &tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Typeflag: tar.TypeReg}
		if text == "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOnlyWhatWasAskedForIsWritten(t *testing.T) {
	dir := t.TempDir()
	wanted := []Artefact{
		{Guest: "/out/a", Host: filepath.Join(dir, "a")},
		{Guest: "/out/link", Host: filepath.Join(dir, "link")},
		{Guest: "/out/none", Host: filepath.Join(dir, "none"), Optional: true},
	}
	sent := tarOf(t, map[string]string{"out/a": "A", "out/link": "", "../../etc/x": "X", dir + "/b": "B"})
	missing, err := unpackArtefacts(bytes.NewReader(sent), wanted)
	if err != nil || !slices.Equal(missing, []string{"/out/link"}) {
		t.Errorf("missing %q, %v", missing, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "a" {
		t.Errorf("written: %v, %v", entries, err)
	}
}

func TestAnArchiveThatIsCutShortIsAnError(t *testing.T) {
	sent := tarOf(t, map[string]string{"a": strings.Repeat("x", 2000)})
	_, err := unpackArtefacts(bytes.NewReader(sent[:1500]), []Artefact{{Guest: "/a", Host: filepath.Join(t.TempDir(), "a")}})
	if err == nil {
		t.Error("no error")
	}
}

func TestTheTailIsTheEndOfTheConsoleInWholeLines(t *testing.T) {
	var c tail
	for i := range 1000 {
		fmt.Fprintf(&c, "line %d\r\n", i)
	}
	fmt.Fprint(&c, "\x1b[2Jlast\x07")
	got := c.String()
	if !strings.HasPrefix(got, "line ") || !strings.HasSuffix(got, "line 999\n[2Jlast") || len(got) > tailSize {
		t.Errorf("%q", got)
	}
}

func TestAControlMessageIsBounded(t *testing.T) {
	var b bytes.Buffer
	if err := writeMessage(&b, request{Verb: "exec", Dirs: []string{"/x"}}); err != nil {
		t.Fatal(err)
	}
	b.WriteString("rest")
	var r request
	if err := readMessage(&b, &r); err != nil || r.Verb != "exec" || b.String() != "rest" {
		t.Errorf("%+v, %v, left %q", r, err, b.String())
	}
	if err := readMessage(strings.NewReader("\xff\xff\xff\xff"), &r); err == nil || !strings.Contains(err.Error(), "4294967295") {
		t.Errorf("a message of 4 GiB: %v", err)
	}
}
