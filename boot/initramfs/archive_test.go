package initramfs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/u-root/u-root/pkg/cpio"
)

// pack writes a twice and returns the bytes, which must not differ.
func pack(t *testing.T, a *Archive) []byte {
	t.Helper()
	var first, second bytes.Buffer
	n, err := a.WriteTo(&first)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(first.Len()) {
		t.Errorf("WriteTo says %d bytes and wrote %d", n, first.Len())
	}
	if _, err := a.WriteTo(&second); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two runs of WriteTo gave different bytes")
	}
	return first.Bytes()
}

// listing reads an archive back, one line a record.
func listing(t *testing.T, archive []byte) []string {
	t.Helper()
	var lines []string
	r := cpio.Newc.Reader(bytes.NewReader(archive))
	err := cpio.ForEachRecord(r, func(rec cpio.Record) error {
		line := fmt.Sprintf("%06o %d %s", rec.Mode, rec.Ino, rec.Name)
		switch rec.Mode & cpio.S_IFMT {
		case cpio.S_IFCHR:
			line += fmt.Sprintf(" %d:%d", rec.Rmajor, rec.Rminor)
		case cpio.S_IFREG, cpio.S_IFLNK:
			content, err := io.ReadAll(io.NewSectionReader(rec, 0, int64(rec.FileSize)))
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %q", content)
		}
		if rec.MTime != 0 {
			t.Errorf("%s has a modification time", rec.Name)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnArchiveHoldsEachKindOfFileAfterItsDirectory(t *testing.T) {
	host := filepath.Join(t.TempDir(), "host")
	must(t, os.WriteFile(host, []byte("from the host"), 0o600))
	a := New()
	must(t,
		a.Bytes("/etc/motd", 0o644, []byte("hi")),
		a.File("/usr/bin/tool", 0o755, host),
		a.Symlink("/bin", "usr/bin"),
		a.CharDev("/dev/console", 0o600, 5, 1),
		a.Dir("/tmp", 0o777|os.ModeSticky),
	)
	want := []string{
		`120777 1 bin "usr/bin"`,
		`040755 2 dev`,
		`020600 3 dev/console 5:1`,
		`040755 4 etc`,
		`100644 5 etc/motd "hi"`,
		`041777 6 tmp`,
		`040755 7 usr`,
		`040755 8 usr/bin`,
		`100755 9 usr/bin/tool "from the host"`,
	}
	if diff := cmp.Diff(want, listing(t, pack(t, a))); diff != "" {
		t.Error(diff)
	}
}

func TestAddingANameTwiceKeepsTheSecond(t *testing.T) {
	a := New()
	must(t, a.Bytes("/f", 0o600, []byte("one")), a.Bytes("/f", 0o644, []byte("two")))
	if diff := cmp.Diff([]string{`100644 1 f "two"`}, listing(t, pack(t, a))); diff != "" {
		t.Error(diff)
	}
}

func TestAnArchiveRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		add  func(*Archive) error
		says string
	}{
		"a relative name":               {func(a *Archive) error { return a.Bytes("etc/f", 0, nil) }, "absolute path"},
		"the root directory":            {func(a *Archive) error { return a.Dir("/", 0) }, "absolute path"},
		"a host file that is missing":   {func(a *Archive) error { return a.File("/f", 0, dir+"/none") }, "no such file"},
		"a directory as a file":         {func(a *Archive) error { return a.File("/f", 0, dir) }, "is a directory, not a regular file"},
		"a device as a file":            {func(a *Archive) error { return a.File("/f", 0, os.DevNull) }, "is a device"},
		"a file below a file":           {func(a *Archive) error { return a.Bytes("/x/f", 0, nil) }, "/x is not a directory"},
		"a directory instead of a file": {func(a *Archive) error { return a.Dir("/x", 0) }, "a directory and a file at once"},
	} {
		t.Run(name, func(t *testing.T) {
			a := New()
			must(t, a.Bytes("/x", 0o644, nil))
			if err := c.add(a); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestAFileThatShrinksWhileItIsPackedIsAnError(t *testing.T) {
	host := filepath.Join(t.TempDir(), "host")
	must(t, os.WriteFile(host, []byte("long"), 0o600))
	a := New()
	must(t, a.File("/f", 0o644, host), os.Truncate(host, 1))
	if _, err := a.WriteTo(io.Discard); err == nil {
		t.Error("no error for a file that is shorter than its record")
	}
}
