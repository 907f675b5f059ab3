package carrier

import (
	"os"
	"path/filepath"
	"slices"
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

// image is a file whose name is awkward.
func image(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "disk,1.img")
	if err := os.WriteFile(name, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestADiskIsOneOfTheCarriersInside(t *testing.T) {
	name := image(t)
	quoted := strings.ReplaceAll(name, ",", ",,")
	for _, c := range []struct {
		group, list, key string
		readOnly         bool
	}{
		{"drive", "if=none,id=d,readonly=on,file=" + quoted, "file", true},
		{"drive", "if=none,id=d,file=file:" + quoted, "file", false},
		{"drive", "if=none,id=d,readonly=off,file.filename=" + quoted, "file.filename", false},
		{"blockdev", "driver=file,node-name=f,read-only=on,filename=" + quoted, "filename", true},
		{"blockdev", "driver=raw,node-name=r,file.driver=file,file.filename=" + quoted, "file.filename", false},
		{"blockdev", `{"driver":"raw","node-name":"r","file":{"driver":"file","read-only":true,"filename":"` + name + `"}}`, "file.filename", true},
	} {
		r, err := rewritten(t, c.group, "driver=null-co,file=null-co://", c.list, c.list)
		if err != nil {
			t.Errorf("%s: %v", c.list, err)
			continue
		}
		first, _ := r.inner.Lists[c.group][1].Get(c.key)
		second, _ := r.inner.Lists[c.group][2].Get(c.key)
		want := Disk{Path: name, ReadOnly: c.readOnly}
		if first != "/dev/vda" || second != "/dev/vdb" || !slices.Equal(r.plan.Disks, []Disk{want, want}) {
			t.Errorf("%s: inside it is %q and %q, of %+v", c.list, first, second, r.plan.Disks)
		}
	}
}

func TestACarriersDiskIsQEMUs(t *testing.T) {
	got := strings.Join(Disk{Path: "/a,b", ReadOnly: true}.args(3), " ")
	want := "-drive if=none,id=disk3,format=raw,discard=unmap,readonly=on,file=/a,,b -device virtio-blk-pci,disable-legacy=on,werror=report,rerror=report,drive=disk3"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestWhatLeadsToTheHostIsRefusedWithTheWayOut(t *testing.T) {
	for _, c := range []struct{ group, list, want string }{
		{"drive", "id=d,file=nbd://host/x", "only have files"},
		{"drive", "id=d,file=/dev/zero", "neither a regular file nor a block device"},
		{"drive", "id=d,file=/no/such/file", "no such file"},
		{"blockdev", "driver=file,node-name=f,filename=/tmp", "neither a regular file nor a block device"},
		{"chardev", "backend=pty,id=c", "a pty does not reach"},
		{"object", "qom-type=rng-egd,id=o,chardev=c", "does not reach"},
		{"object", "qom-type=memory-backend-file,id=o,mem-path=/x", "does not reach"},
	} {
		_, err := rewritten(t, c.group, c.list)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "-"+c.group) {
			t.Errorf("%s: %v; want %q", c.list, err, c.want)
		}
	}
	many := make([]string, maxDisks+1)
	for i := range many {
		many[i] = "id=d,file=" + strings.ReplaceAll(image(t), ",", ",,")
	}
	if _, err := rewritten(t, "drive", many...); err == nil || !strings.Contains(err.Error(), "20 disks") {
		t.Errorf("%d disks: %v", len(many), err)
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
