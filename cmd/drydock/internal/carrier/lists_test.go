package carrier

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// rewritten is what becomes of lists that are written before a decoder of theirs is asked.
func rewritten(t *testing.T, group string, lists ...string) (*rewriting, error) {
	t.Helper()
	r := &rewriting{inner: args.New(), plan: &Plan{Files: initramfs.New()}}
	for _, s := range lists {
		l, err := option.Parse(s, "")
		if err != nil {
			t.Fatal(err)
		}
		r.inner.Lists[group] = append(r.inner.Lists[group], l)
	}
	return r, r.lists()
}

// image is a file of 3 MiB.
func image(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "disk,1.img")
	if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Truncate(name, 3<<20)); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestADiskThatIsOnlyReadComesIn(t *testing.T) {
	name := image(t)
	quoted := strings.ReplaceAll(name, ",", ",,")
	for _, c := range []struct{ group, list, key string }{
		{"drive", "if=none,id=d,readonly=on,file=" + quoted, "file"},
		{"drive", "if=none,id=d,snapshot=on,file.filename=" + quoted, "file.filename"},
		{"blockdev", "driver=file,node-name=f,read-only=on,filename=" + quoted, "filename"},
		{"blockdev", "driver=raw,node-name=r,read-only=on,file.driver=file,file.filename=" + quoted, "file.filename"},
		{"blockdev", `{"driver":"raw","node-name":"r","file":{"driver":"file","read-only":true,"filename":"` + name + `"}}`, "file.filename"},
	} {
		r, err := rewritten(t, c.group, c.list)
		if err != nil {
			t.Errorf("%s: %v", c.list, err)
			continue
		}
		guest, _ := r.inner.Lists[c.group][0].Get(c.key)
		if !r.plan.Files.Has(guest) || !strings.HasSuffix(guest, name) {
			t.Errorf("%s: inside it is %q, there are %q", c.list, guest, r.plan.Files.Names())
		}
		if r.inner.RAM = 512 << 20; r.ram() != 3072+6 {
			t.Errorf("%s: the carrier has %d MiB", c.list, r.ram())
		}
	}
}

func TestWhatLeadsToTheHostIsRefusedWithTheWayOut(t *testing.T) {
	name := strings.ReplaceAll(image(t), ",", ",,")
	for _, c := range []struct{ group, list, want string }{
		{"drive", "id=d,file=" + name, "readonly=on"},
		{"drive", "id=d,readonly=off,file=" + name, "readonly=on"},
		{"drive", "id=d,readonly=on,file=nbd://host/x", "only have files"},
		{"drive", "id=d,readonly=on,file=/dev/zero", "not a regular file"},
		{"drive", "id=d,readonly=on,file=/no/such/file", "no such file"},
		{"blockdev", "driver=file,node-name=f,filename=" + name, "read-only=on"},
		{"chardev", "backend=socket,id=c,path=/s", "a socket does not reach"},
		{"chardev", "backend=pty,id=c", "a pty does not reach"},
		{"object", "qom-type=rng-egd,id=o,chardev=c", "does not reach"},
		{"object", "qom-type=memory-backend-file,id=o,mem-path=/x", "does not reach"},
	} {
		_, err := rewritten(t, c.group, c.list)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "-"+c.group) {
			t.Errorf("%s: %v; want %q", c.list, err, c.want)
		}
	}
}

func TestWhatTheCarrierHasItselfIsLeftAlone(t *testing.T) {
	for _, c := range []struct{ group, list string }{
		{"drive", "if=none,id=d,file=null-co://,format=raw"},
		{"blockdev", "driver=null-co,node-name=n,size=1M"},
		{"blockdev", "driver=raw,node-name=r,file=f"},
		{"chardev", "backend=null,id=c"},
		{"chardev", "backend=stdio,id=c"},
		{"object", "qom-type=rng-random,id=o,filename=/dev/urandom"},
		{"object", "qom-type=iothread,id=o"},
	} {
		r, err := rewritten(t, c.group, c.list)
		if err != nil || r.inner.Lists[c.group][0].String() != c.list || len(r.plan.Artefacts) != 0 {
			t.Errorf("%s became %v, %v", c.list, r.inner.Lists[c.group], err)
		}
	}
}

func TestWhatACharacterDeviceWritesComesBack(t *testing.T) {
	r, err := rewritten(t, "chardev", "backend=file,id=c,path=/tmp/log")
	if err != nil || len(r.plan.Artefacts) != 1 || r.plan.Artefacts[0].Host != "/tmp/log" {
		t.Fatalf("artefacts %v, %v", r.plan.Artefacts, err)
	}
	if inner, _ := r.inner.Lists["chardev"][0].Get("path"); inner != r.plan.Artefacts[0].Guest {
		t.Errorf("inside it is %q", inner)
	}
}
