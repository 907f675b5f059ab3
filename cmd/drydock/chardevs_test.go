package main

import (
	"bufio"
	"context"
	"encoding/json"
	stdnet "net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// chardevs asks for the character devices until they are as is wanted.
func (p *peer) chardevs(want func([]qmp.Chardev) bool) {
	p.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		p.says(`{"execute": "query-chardev"}`)
		var answer struct{ Return []qmp.Chardev }
		text := p.hears()
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			p.Fatal(err)
		}
		if want(answer.Return) {
			return
		}
		if time.Now().After(deadline) {
			p.Fatalf("the character devices are %s", text)
		}
	}
}

func TestEveryCharacterDeviceIsListedAsItIs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-chardev", "socket,id=s,path="+at("s")+",server=on,wait=off",
		"-chardev", "ringbuf,id=r", "-chardev", "null,id=n", "-chardev", "file,id=f,path="+at("f"), "-device", "virtio-serial-pci,id=v",
		"-device", "virtserialport,chardev=s,id=p", "-device", "virtconsole,chardev=r", "-serial", "chardev:f")
	want := map[string]qmp.Chardev{
		"char0": {Label: "char0", FrontendOpen: true},
		"s":     {Label: "s", Filename: "disconnected:unix:" + at("s") + ",server=on"},
		"r":     {Label: "r", Filename: "ringbuf", FrontendOpen: true},
		"n":     {Label: "n", Filename: "null"},
		"f":     {Label: "f", Filename: "file", FrontendOpen: true},
	}
	client.chardevs(func(all []qmp.Chardev) bool {
		for _, c := range all {
			w := want[c.Label]
			if c.Label == "char0" { // the monitor's socket, wherever the test put it
				w.Filename = c.Filename
			}
			if c != w {
				t.Errorf("%+v, want %+v", c, w)
			}
		}
		return len(all) == len(want)
	})
	visit(t, at("s"))
	client.chardevs(func(all []qmp.Chardev) bool {
		return slices.Contains(all, qmp.Chardev{Label: "s", Filename: "unix:" + at("s") + ",server=on"})
	})
	client.says(`{"execute": "device_del", "arguments": {"id": "p"}}`)
	client.expect(`{"return": {}}`)
	client.hearsEvent("DEVICE_DELETED")
	client.chardevs(func(all []qmp.Chardev) bool {
		return slices.Contains(all, qmp.Chardev{Label: "s", Filename: "unix:" + at("s")})
	})
}

func TestAGuestThatOpensAPortIsSeen(t *testing.T) {
	qtest, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-chardev", "ringbuf,id=r",
		"-device", "virtio-serial-pci,id=v,addr=4.0,disable-modern=on,max_ports=2", "-device", "virtserialport,chardev=r,id=p,nr=1")
	isOpen := func(open bool) {
		t.Helper()
		client.chardevs(func(all []qmp.Chardev) bool {
			return slices.Contains(all, qmp.Chardev{Label: "r", Filename: "ringbuf", FrontendOpen: open})
		})
	}
	isOpen(false)
	for _, line := range []string{
		"outl 0xcf8 0x80002010", "outl 0xcfc 0xc000", "outl 0xcf8 0x80002004", "outw 0xcfc 7", // BAR 0, COMMAND
		"outl 0xc004 2", "outw 0xc00e 3", "outl 0xc008 0x100", "outb 0xc012 7", // MULTIPORT, control transmit queue at page 0x100
		"writeq 0x100000 0x200000", "writel 0x100008 8", // descriptor 0
		"writel 0x200000 1", "writew 0x200004 6", "writew 0x200006 1", // port 1, PORT_OPEN
		"writew 0x100204 0", "writew 0x100202 1", "outw 0xc010 3", // available
	} {
		qtest.says("%s", line)
		qtest.expect("OK")
	}
	if data := client.hearsEvent("VSERPORT_CHANGE"); data != `{"open": true, "id": "p"}` {
		t.Errorf("the event is of %s", data)
	}
	isOpen(true)
	qtest.says("outb 0xc012 0") // reset
	qtest.expect("OK")
	if data := client.hearsEvent("VSERPORT_CHANGE"); data != `{"open": false, "id": "p"}` {
		t.Errorf("the event is of %s", data)
	}
	isOpen(false)
}

// waiters are the words for a machine that is driven by who listens at qtest in a directory, and waits for a client of a character
// device at s.
func waiters(dir string) []string {
	return []string{"system", "-M", "pc", "-nodefaults", "-accel", "qtest", "-qtest", "unix:" + filepath.Join(dir, "qtest"),
		"-chardev", "socket,id=s,path=" + filepath.Join(dir, "s") + ",server=on", "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=s"}
}

// waiting starts a machine that waits for a client of a character device, whose path is returned.
func waiting(t *testing.T, ctx context.Context) (qtest, client *peer, path string, done chan int) {
	t.Helper()
	dir := t.TempDir()
	l, err := stdnet.Listen("unix", filepath.Join(dir, "qtest"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path = filepath.Join(dir, "s")
	words := append(waiters(dir), "-qmp", "unix:"+filepath.Join(dir, "qmp")+",server=on")
	done = make(chan int, 1)
	go func() { done <- dispatch(ctx, words) }()
	client = visit(t, filepath.Join(dir, "qmp"))
	client.hears()
	client.says(`{"execute": "qmp_capabilities"}`)
	client.expect(`{"return": {}}`)
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t, conn, bufio.NewReader(conn)}, client, path, done
}

func TestAMachineThatWaitsForAClientIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, _, _, done := waiting(t, ctx)
	cancel()
	if status := <-done; status != StatusHost {
		t.Errorf("nobody came, and the status is %d", status)
	}
}

func TestAMachineThatWaitsForAClientHasItsTimeout(t *testing.T) {
	dir := t.TempDir()
	qtest, err := stdnet.Listen("unix", filepath.Join(dir, "qtest"))
	if err != nil {
		t.Fatal(err)
	}
	defer qtest.Close()
	words := append(waiters(dir), "-timeout", "100ms")
	if status := dispatch(t.Context(), words); status != StatusTimeout {
		t.Errorf("nobody came, and the status is %d", status)
	}
}

func TestAMachineThatWaitsForAClientCanBeQuit(t *testing.T) {
	_, client, _, done := waiting(t, t.Context())
	client.says(`{"execute": "quit"}`)
	if status := <-done; status != 0 {
		t.Errorf("the status is %d", status)
	}
}

func TestAMachineSaysForWhomItWaitsAndStartsThen(t *testing.T) {
	log := redirected(t)
	ctx, cancel := context.WithCancel(t.Context())
	qtest, _, path, done := waiting(t, ctx)
	qtest.says("endianness")
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(log(), "waiting for connection on: unix:"+path); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it says %q", log())
		}
	}
	visit(t, path)
	qtest.expect("OK little")
	cancel()
	if status := <-done; status != 0 {
		t.Errorf("the status is %d", status)
	}
	if text := log(); strings.Count(text, "\n") != 1 {
		t.Errorf("it says %q, want one line", text)
	}
}

// redirected has standard error go to a file, until the test ends, and returns what reads it.
func redirected(t *testing.T) (text func() string) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stderr
	os.Stderr = f
	t.Cleanup(func() { os.Stderr = old; f.Close() })
	return func() string {
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestAPortThatDoesNotFitLeavesItsCharacterDeviceAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-chardev", "socket,id=s,path="+path+",server=on,wait=off",
		"-device", "virtio-serial-pci,id=v,max_ports=4", "-device", "virtserialport,id=p,nr=1,name=a")
	for properties, want := range map[string]string{
		`"id": "q", "nr": 1`:     "number 1 is taken",
		`"id": "q", "nr": 4`:     "the highest is 3",
		`"id": "q", "name": "a"`: "already exists by that name",
	} {
		client.answers(`{"execute": "device_add", "arguments": {"driver": "virtserialport", "chardev": "s", `+properties+`}}`, want)
	}
	visit(t, path)
	client.answers(`{"execute": "device_add", "arguments": {"driver": "virtserialport", "chardev": "s", "id": "q"}}`, `{"return": {}}`)
}
