package usernet

import (
	stdnet "net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheWorldIsReachedByTheHostsSockets needs an address that is neither loopback nor the guest's, so it runs itself again in
// a network namespace of its own.
func TestTheWorldIsReachedByTheHostsSockets(t *testing.T) {
	const inside = "DRYDOCK_TEST_NETNS"
	if os.Getenv(inside) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for _, args := range []string{"link set lo up", "addr add 203.0.113.7/32 dev lo"} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	echo := udpEcho(t, func() (stdnet.PacketConn, error) { return stdnet.ListenPacket("udp4", "203.0.113.7:0") })
	l := greeter(t, "203.0.113.7:0")
	g := boot(t, start(t, Config{}))
	checkEcho(t, g.dialUDP(t, echo), []byte("to the world and back"))
	checkGreeting(t, g, l)
	if c, err := g.dial("203.0.113.8:1"); err == nil {
		c.Close()
		t.Error("an address that nobody has is reached")
	}
}

// greeter says hello to each connection.
func greeter(t *testing.T, at string) (addr string) {
	t.Helper()
	l, err := stdnet.Listen("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			c.Write([]byte("hello"))
			c.Close()
		}
	}()
	return l.Addr().String()
}

func checkGreeting(t *testing.T, g *guest, at string) {
	t.Helper()
	c, err := g.dial(at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	buf := make([]byte, 100)
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}

func TestTheHostsAddressLeadsWhereLoopbackSays(t *testing.T) {
	_, port, err := stdnet.SplitHostPort(greeter(t, "127.0.0.9:0"))
	if err != nil {
		t.Fatal(err)
	}
	g := boot(t, start(t, Config{Loopback: netip.MustParseAddr("127.0.0.9")}))
	checkGreeting(t, g, "10.0.2.2:"+port)
}

func TestWhereTheGuestMayGo(t *testing.T) {
	c, err := Config{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for dst, want := range map[string]string{
		"10.0.2.2:80":        "127.0.0.1:80",
		"192.0.2.1:53":       "192.0.2.1:53",
		"10.0.3.1:1":         "10.0.3.1:1",
		"10.0.2.3:80":        "",
		"10.0.2.9:80":        "",
		"127.0.0.1:80":       "",
		"0.0.0.0:80":         "",
		"169.254.169.254:80": "",
		"224.0.0.251:5353":   "",
		"255.255.255.255:67": "",
	} {
		got, ok := c.outside(netip.MustParseAddrPort(dst))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s is %v, %v; want %q", dst, got, ok, want)
		}
	}
}
