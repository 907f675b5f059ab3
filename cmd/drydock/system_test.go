package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	stdnet "net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheNameSaysThatAProgramWantsAQEMU(t *testing.T) {
	for name, want := range map[string]bool{
		"drydock": false, "/usr/bin/drydock-system-x86_64": true, "qemu-system-x86_64": true, "drydock-system-arm": false, "/a-system-x86_64/drydock": false,
	} {
		if isSystem(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// A peer is one connection of a program that starts a QEMU.
type peer struct {
	*testing.T
	stdnet.Conn
	in *bufio.Reader
}

func (p *peer) says(format string, a ...any) {
	p.Helper()
	if _, err := fmt.Fprintf(p.Conn, format+"\n", a...); err != nil {
		p.Fatal(err)
	}
}

func (p *peer) hears() string {
	p.Helper()
	line, err := p.in.ReadString('\n')
	if err != nil {
		p.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (p *peer) expect(want string) {
	p.Helper()
	if got := p.hears(); got != want {
		p.Errorf("it says %s, want %s", got, want)
	}
}

// answers says something, and hears what has want in it.
func (p *peer) answers(says, want string) {
	p.Helper()
	p.says("%s", says)
	if got := p.hears(); !strings.Contains(got, want) {
		p.Errorf("%s\nis answered by\n%.300s\nwant %s", says, got, want)
	}
}

// hearsEvent passes over what is not that event.
func (p *peer) hearsEvent(name string) (data string) {
	p.Helper()
	for {
		var e struct {
			Event string
			Data  json.RawMessage
		}
		if err := json.Unmarshal([]byte(p.hears()), &e); err != nil {
			p.Fatal(err)
		}
		if e.Event == name {
			return string(e.Data)
		}
	}
}

// system runs drydock-system-x86_64 as QEMU's tests do: both sockets are there before it starts.
func system(t *testing.T, words ...string) (qtest, qmp *peer, stop func() int) {
	t.Helper()
	dir := t.TempDir()
	var listeners []stdnet.Listener
	for _, name := range []string{"qtest", "qmp"} {
		l, err := stdnet.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		listeners = append(listeners, l)
	}
	words = append([]string{"-qtest", "unix:" + filepath.Join(dir, "qtest"), "-qtest-log", filepath.Join(dir, "log"), "-chardev",
		"socket,path=" + filepath.Join(dir, "qmp") + ",id=char0", "-mon", "chardev=char0,mode=control", "-display", "none"}, words...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() { done <- dispatch(ctx, append([]string{"system"}, words...)) }()
	var peers []*peer
	for _, l := range listeners {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		peers = append(peers, &peer{t, conn, bufio.NewReader(conn)})
	}
	ended := false
	stop = func() int {
		if ended {
			return 0
		}
		ended = true
		cancel()
		status := <-done
		for _, p := range peers {
			p.Close()
		}
		return status
	}
	t.Cleanup(func() { stop() })
	if g := peers[1].hears(); !strings.HasPrefix(g, `{"QMP": {"version": {"qemu": {`) {
		t.Errorf("the greeting is %s", g)
	}
	peers[1].says(`{"execute": "qmp_capabilities"}`)
	peers[1].expect(`{"return": {}}`)
	return peers[0], peers[1], stop
}

func TestAProgramThatOnlyAsksGetsItsAnswers(t *testing.T) {
	qtest, qmp, stop := system(t, "-machine", "none", "-accel", "qtest")
	qtest.says("endianness")
	qtest.expect("OK little")
	qmp.says(`{"execute": "qom-list-types", "arguments": {"implements": "device", "abstract": true}}`)
	if list := qmp.hears(); !strings.Contains(list, `{"name": "virtio-net-pci", "parent": "virtio-net-pci-base"}`) {
		t.Errorf("the types are %s", list)
	}
	qmp.says(`{"execute": "query-machines"}`)
	if list := qmp.hears(); !strings.Contains(list, `"alias": "pc"`) {
		t.Errorf("the machines are %s", list)
	}
	if status := stop(); status != 0 { // as after SIGTERM
		t.Errorf("the status is %d", status)
	}
}

func TestAClientSeesTheDevicesOfTheCommandLineAndThoseThatItAdds(t *testing.T) {
	qtest, qmp, stop := system(t, "-M", "pc", "-device", "virtio-net-pci,netdev=hs0,addr=04.0", "-netdev", "hubport,hubid=0,id=hs0", "-accel", "qtest")
	id := func(slot int, want string) {
		t.Helper()
		qtest.says("outl 0xcf8 0x%x", 0x80000000|slot<<11)
		qtest.expect("OK")
		qtest.says("inl 0xcfc")
		qtest.expect("OK " + want)
	}
	id(4, "0x10001af4")
	id(6, "0xffffffff")
	qmp.says(`{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "id": "net1", "addr": "0x06"}}`)
	qmp.expect(`{"return": {}}`)
	id(6, "0x10001af4")
	qmp.says(`{"execute": "x-query-virtio"}`)
	if list := qmp.hears(); strings.Count(list, `"name": "virtio-net"`) != 2 || !strings.Contains(list, "/machine/peripheral/net1/virtio-backend") {
		t.Errorf("the devices are %s", list)
	}
	qmp.says(`{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "id": "net2", "addr": "0x06"}}`)
	if got := qmp.hears(); !strings.Contains(got, "GenericError") {
		t.Errorf("a slot that is taken: %s", got)
	}
	qmp.says(`{"execute": "device_del", "arguments": {"id": "net1"}}`)
	qmp.expect(`{"return": {}}`)
	id(6, "0x10001af4")
	qtest.says("outl 0xae08 0x40")
	qtest.expect("OK")
	id(6, "0xffffffff")
	if data := qmp.hearsEvent("DEVICE_DELETED"); data != `{"path": "/machine/peripheral/net1/virtio-backend"}` {
		t.Errorf("the first event is of %s", data)
	}
	if data := qmp.hearsEvent("DEVICE_DELETED"); data != `{"device": "net1", "path": "/machine/peripheral/net1"}` {
		t.Errorf("the second event is of %s", data)
	}
	qmp.says(`{"execute": "device_del", "arguments": {"id": "net1"}}`)
	if got := qmp.hears(); !strings.Contains(got, "DeviceNotFound") {
		t.Errorf("a device that is gone: %s", got)
	}
	qmp.says(`{"execute": "system_reset"}`)
	if data := qmp.hearsEvent("RESET"); !strings.Contains(data, "host-qmp-system-reset") {
		t.Errorf("the reset is %s", data)
	}
	id(4, "0x10001af4")
	if status := stop(); status != 0 {
		t.Errorf("the status is %d", status)
	}
}

func TestNetworkCommandsFindACardByItsNames(t *testing.T) {
	_, qmp, _ := system(t, "-M", "pc", "-netdev", "hubport,hubid=0,id=hs0", "-device", "virtio-net-pci,netdev=hs0,addr=04.0", "-accel", "qtest")
	for _, c := range []struct{ says, want string }{
		{`{"execute": "set_link", "arguments": {"name": "hs0", "up": false}}`, `{"return": {}}`},
		{`{"execute": "set_link", "arguments": {"name": "virtio-net-pci.0", "up": true}}`, `{"return": {}}`},
		{`{"execute": "set_link", "arguments": {"name": "nobody", "up": true}}`, `DeviceNotFound`},
		{`{"execute": "query-rx-filter", "arguments": {"name": "virtio-net-pci.0"}}`, `"main-mac": "52:54:00:12:34:56"`},
		{`{"execute": "query-rx-filter", "arguments": {"name": "hs0"}}`, `isn't a NIC`},
		{`{"execute": "query-rx-filter", "arguments": {"name": "nobody"}}`, `invalid net client name: nobody`},
		{`{"execute": "announce-self", "arguments": {"initial": 50, "max": 550, "rounds": 3, "step": 50, "id": "a"}}`, `{"return": {}}`},
		{`{"execute": "announce-self", "arguments": {"initial": 50, "max": 550, "rounds": 0, "step": 50, "id": "a"}}`, `{"return": {}}`},
		{`{"execute": "netdev_add", "arguments": {"type": "hubport", "id": "h1", "hubid": 1}}`, `{"return": {}}`},
		{`{"execute": "netdev_add", "arguments": {"type": "hubport", "id": "h1", "hubid": 1}}`, `GenericError`},
		{`{"execute": "netdev_del", "arguments": {"id": "h1"}}`, `{"return": {}}`},
		{`{"execute": "netdev_del", "arguments": {"id": "h1"}}`, `DeviceNotFound`},
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral-anon/device[0]/virtio-backend"}}`, `"VIRTIO_NET_F_MRG_RXBUF: `},
		{`{"execute": "x-query-virtio-queue-status", "arguments": {"path": "virtio-backend", "queue": 2}}`, `"vring-num": 64`},
		{`{"execute": "x-query-virtio-queue-status", "arguments": {"path": "virtio-backend", "queue": 3}}`, `Invalid virtqueue number 3`},
		{`{"execute": "x-query-virtio-queue-element", "arguments": {"path": "virtio-backend", "queue": 0}}`, `no ring`},
		{`{"execute": "x-query-virtio-queue-element", "arguments": {"path": "/nobody", "queue": 0}}`, `is not a VirtIODevice`},
		{`{"execute": "query-pci"}`, `"qdev_id": ""`},
		{`{"execute": "query-chardev"}`, `[{"label": "char0", "filename": "unix:/`},
	} {
		qmp.answers(c.says, c.want)
	}
}

func TestTheClientOfQTestEndsTheMachineWhenItHangsUp(t *testing.T) {
	qtest, qmp, _ := system(t, "-M", "pc", "-accel", "qtest", "-nodefaults")
	qtest.Close()
	if data := qmp.hearsEvent("SHUTDOWN"); !strings.Contains(data, `"guest": false`) {
		t.Errorf("the event is of %s", data)
	}
}

func TestTheDriversRingIsShownAsItLies(t *testing.T) {
	qtest, qmp, _ := system(t, "-M", "pc", "-device", "virtio-rng-pci,addr=04.0,id=rng", "-accel", "qtest")
	for _, line := range []string{
		"outl 0xcf8 0x80002010", "outl 0xcfc 0xc000", "outl 0xcf8 0x80002004", "outw 0xcfc 7", // BAR 0, COMMAND
		"outb 0xc012 0", "outb 0xc012 1", "outb 0xc012 3", // status of the legacy interface
		"outl 0xc004 0", "outw 0xc00e 0", "outl 0xc008 0x100", // no features, queue 0 at page 0x100
		"writeq 0x100050 0x200000", "writel 0x100058 64", "writew 0x10005c 3", "writew 0x10005e 6", // descriptor 5: write, next
		"writeq 0x100060 0x300000", "writel 0x100068 32", "writew 0x10006c 2", // descriptor 6: write
		"writew 0x100088 5", // available ring, not yet shown
	} {
		qtest.says("%s", line)
		qtest.expect("OK")
	}
	qmp.says(`{"execute": "x-query-virtio-queue-element", "arguments": {"path": "/machine/peripheral/rng/virtio-backend", "queue": 0, "index": 2}}`)
	if got := qmp.hears(); !strings.Contains(got, `"name": "virtio-rng", "index": 5, "descs": [{"addr": 2097152, "len": 64, "flags": [`) ||
		!strings.Contains(got, `{"addr": 3145728, "len": 32, "flags": ["write"]}`) {
		t.Errorf("the element is %s", got)
	}
	qmp.says(`{"execute": "x-query-virtio-queue-status", "arguments": {"path": "rng/virtio-backend", "queue": 0}}`)
	if got := qmp.hears(); !strings.Contains(got, `"vring-desc": 1048576`) {
		t.Errorf("the queue is %s", got)
	}
}

// visit connects to a socket as soon as somebody listens.
func visit(t *testing.T, path string) *peer {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		conn, err := stdnet.Dial("unix", path)
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			return &peer{t, conn, bufio.NewReader(conn)}
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// listening is a machine that waits for no client of its sockets "qmp" and "qtest"; done gives its status.
func listening(t *testing.T) (at func(socket string) string, done <-chan int) {
	dir, status := t.TempDir(), make(chan int, 1)
	at = func(name string) string { return filepath.Join(dir, name) }
	go func() {
		status <- dispatch(t.Context(), []string{"system", "-M", "pc", "-accel", "qtest", "-nodefaults", "-qmp", "unix:" + at("qmp") + ",server=on,wait=off",
			"-qtest", "unix:" + at("qtest") + ",server=on,wait=off"})
	}()
	return at, status
}

func TestAMachineCanListenForItsClients(t *testing.T) {
	at, done := listening(t)
	qtest := visit(t, at("qtest"))
	qtest.says("endianness")
	qtest.expect("OK little")
	first := visit(t, at("qmp"))
	first.hears()
	first.Close()
	second := visit(t, at("qmp"))
	second.hears()
	second.says(`{"execute": "qmp_capabilities"} {"execute": "quit"}`)
	second.expect(`{"return": {}}`)
	second.hearsEvent("SHUTDOWN")
	if status := <-done; status != 0 {
		t.Errorf("the status is %d", status)
	}
}

func TestAMachineDoesNotWaitForAClientThatItNeedNotWaitFor(t *testing.T) {
	at, done := listening(t)
	qmp := visit(t, at("qmp"))
	qmp.hears()
	qmp.says(`{"execute": "qmp_capabilities"} {"execute": "quit"}`)
	qmp.expect(`{"return": {}}`)
	qmp.hearsEvent("SHUTDOWN")
	if status := <-done; status != 0 {
		t.Errorf("the status is %d", status)
	}
}

func TestAMachineThatWaitsForAClientCanBeStopped(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() {
		done <- dispatch(ctx, []string{"system", "-M", "pc", "-accel", "qtest", "-nodefaults", "-qtest", "unix:" + filepath.Join(dir, "q") + ",server=on"})
	}()
	for _, err := os.Stat(filepath.Join(dir, "q")); err != nil; _, err = os.Stat(filepath.Join(dir, "q")) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if status := <-done; status != StatusHost {
		t.Errorf("the status is %d", status)
	}
}

func TestAMachineThatIsNoneCanBeEnded(t *testing.T) {
	_, qmp, stop := system(t, "-machine", "none", "-accel", "qtest")
	qmp.says(`{"execute": "query-status"} {"execute": "stop"} {"execute": "query-pci"} {"execute": "quit"}`)
	qmp.expect(`{"return": {"status": "running", "singlestep": false, "running": true}}`)
	qmp.expect(`{"return": {}}`)
	qmp.expect(`{"return": [{"bus": 0, "devices": []}]}`)
	qmp.expect(`{"return": {}}`)
	if status := stop(); status != 0 {
		t.Errorf("the status is %d", status)
	}
}
