package guestinit

import (
	"io"
	stdnet "net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"
)

func write(t *testing.T, content string, elem ...string) string {
	t.Helper()
	file := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestThisProcessIsNoGuestsInit(t *testing.T) {
	if Active() {
		t.Error("Active outside of a guest")
	}
}

func TestAManifest(t *testing.T) {
	dir := t.TempDir()
	m, err := readManifest(write(t, `{"modules":["/a.ko"],"port":"p"}`, dir, "good"))
	if err != nil || m.Port != "p" || !slices.Equal(m.Modules, []string{"/a.ko"}) {
		t.Errorf("got %+v, %v", m, err)
	}
	for content, says := range map[string]string{`{`: "unexpected end", `{"modules":[]}`: "names no port"} {
		if _, err := readManifest(write(t, content, dir, "bad")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestThePortIsFoundByItsNameWhenItAppears(t *testing.T) {
	dir := t.TempDir()
	write(t, "other\n", dir, "vport0p1", "name")
	time.AfterFunc(20*time.Millisecond, func() {
		// By rename, so that the file is never seen empty.
		_ = os.Rename(write(t, "org.drydock.run\n", dir, "vport0p2", "new"), filepath.Join(dir, "vport0p2", "name"))
	})
	if got, err := awaitPort(dir, "org.drydock.run", time.Minute); got != "vport0p2" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := openPort(dir, "nosuch", 10*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no virtio console port is called nosuch") {
		t.Errorf("got %v", err)
	}
}

func TestTheEnvironmentIsCompletedAndNotReplaced(t *testing.T) {
	got := environment([]string{"PATH=/x", "A=b"})
	if !slices.Equal(got, []string{"PATH=/x", "A=b", "HOME=/root", "TERM=linux"}) {
		t.Errorf("got %v", got)
	}
}

func TestStdinBeyondTheWindowIsAnError(t *testing.T) {
	q := newStdinQueue()
	for range 2 {
		if err := q.put(make([]byte, stdinWindow/2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.put([]byte("x")); err == nil {
		t.Error("no error")
	}
	buf := make([]byte, stdinWindow)
	if n, err := q.take(buf); n != stdinWindow || err != nil {
		t.Errorf("took %d, %v", n, err)
	}
	q.finish()
	if err := q.put([]byte("late")); err != nil {
		t.Error(err)
	}
	if _, err := q.take(buf); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
}

func TestALeaseBecomesAddressesRoutesAndNameServers(t *testing.T) {
	ack, err := dhcpv4.New(
		dhcpv4.WithYourIP(stdnet.IPv4(10, 0, 2, 15)),
		dhcpv4.WithNetmask(stdnet.CIDRMask(25, 32)),
		dhcpv4.WithRouter(stdnet.IPv4(10, 0, 2, 2), stdnet.IPv4(10, 0, 2, 4)),
		dhcpv4.WithDNS(stdnet.IPv4(10, 0, 2, 3)),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := runproto.Network{Addresses: []string{"10.0.2.15/25"}, Gateways: []string{"10.0.2.2"}, DNS: []string{"10.0.2.3"}}
	if diff := cmp.Diff(want, leaseNetwork(ack)); diff != "" {
		t.Error(diff)
	}
	asked := runproto.Network{Addresses: []string{"fd00::2/64"}, Gateways: []string{"10.0.2.9"}, DNS: []string{"1.1.1.1"}}
	want = runproto.Network{Addresses: []string{"fd00::2/64", "10.0.2.15/25"}, Gateways: []string{"10.0.2.9"}, DNS: []string{"1.1.1.1", "10.0.2.3"}}
	if diff := cmp.Diff(want, merge(asked, leaseNetwork(ack))); diff != "" {
		t.Error(diff)
	}
}

func TestALeaseWithoutMaskHasThatOfItsClass(t *testing.T) {
	ack, err := dhcpv4.New(dhcpv4.WithYourIP(stdnet.IPv4(192, 168, 1, 5)))
	if err != nil {
		t.Fatal(err)
	}
	if got := leaseNetwork(ack).Addresses; !slices.Equal(got, []string{"192.168.1.5/24"}) {
		t.Errorf("got %v", got)
	}
}

func TestResolvConfNamesEachServerOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := writeResolvConf(file, []string{"10.0.2.3", "10.0.2.3", "fd00::3"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "nameserver 10.0.2.3\nnameserver fd00::3\n" {
		t.Errorf("got %q", got)
	}
	none := filepath.Join(t.TempDir(), "none")
	if err := writeResolvConf(none, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Errorf("a file without name servers: %v", err)
	}
}

func TestFailuresOfTheInitReachConsoleAndHost(t *testing.T) {
	ours, theirs := stdnet.Pipe()
	var console strings.Builder
	m := &machine{console: &console, conn: runproto.NewConn(theirs)}
	go m.report(io.ErrNoProgress)
	host := runproto.NewConn(ours)
	f, err := host.Read()
	if err != nil {
		t.Fatal(err)
	}
	var failure runproto.Failure
	if err := f.JSON(&failure); err != nil || failure.Status != runproto.StatusInit || !strings.Contains(failure.Message, io.ErrNoProgress.Error()) {
		t.Errorf("got %+v, %v", failure, err)
	}
	if err := host.Write(runproto.Bye, nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(console.String(), io.ErrNoProgress.Error()) {
		t.Errorf("console: %q", console.String())
	}
}

func TestAFileSystemYieldsToWhatTheImageHasInItsPlace(t *testing.T) {
	fs := mount{target: t.TempDir(), kind: "no-such-file-system", yields: true}
	if err := fs.mount(); err == nil {
		t.Error("an empty directory was not mounted over")
	}
	if err := os.WriteFile(filepath.Join(fs.target, "prog"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := fs.mount(); err != nil {
		t.Errorf("what the image has would have been hidden: %v", err)
	}
}
