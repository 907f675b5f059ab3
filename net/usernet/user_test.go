package usernet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func TestTheHostsLoopbackIsBehindTheHostsAddress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.URL.Path) }))
	defer server.Close()
	_, port, _ := stdnet.SplitHostPort(server.Listener.Addr().String())
	g := boot(t, start(t, Config{}))
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (stdnet.Conn, error) { return g.dial("10.0.2.2:" + port) },
	}}
	resp, err := client.Get("http://host/guest")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello /guest" {
		t.Errorf("%q, %v", body, err)
	}
}

// TestABulkStreamArrivesWhole moves 8 MB each way at once over one connection with half-closes.
func TestABulkStreamArrivesWhole(t *testing.T) {
	const size = 8 << 20
	l, err := stdnet.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := bytes.Repeat([]byte("0123456789abcdef!"), size/17+1)[:size]
	fromGuest := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		var writer sync.WaitGroup
		writer.Go(func() {
			c.Write(data)
			c.(*stdnet.TCPConn).CloseWrite()
		})
		fromGuest <- digest(c)
		writer.Wait()
	}()
	g := boot(t, start(t, Config{}))
	c, err := g.dial(strings.Replace(l.Addr().String(), "127.0.0.1", "10.0.2.2", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		c.Write(data)
		c.CloseWrite()
	}()
	want := digest(bytes.NewReader(data))
	if got := digest(c); got != want {
		t.Errorf("to the guest: %s, want %s", got, want)
	}
	if got := <-fromGuest; got != want {
		t.Errorf("from the guest: %s, want %s", got, want)
	}
}

func digest(r io.Reader) string {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return fmt.Sprintf("%d bytes, %x, %v", n, h.Sum(nil)[:4], err)
}

func TestNobodyListeningIsARefusedConnection(t *testing.T) {
	g := boot(t, start(t, Config{}))
	if c, err := g.dial("10.0.2.2:1"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v, %v", c, err)
	}
}

func TestTheGuestReachesNoInnerAddressByItsOwnName(t *testing.T) {
	g := boot(t, start(t, Config{}))
	l, err := stdnet.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := stdnet.SplitHostPort(l.Addr().String())
	for _, to := range []string{"169.254.169.254:80", "10.0.2.99:" + port, "10.0.2.3:" + port} {
		if c, err := g.dial(to); err == nil {
			c.Close()
			t.Errorf("the guest is connected to %s", to)
		}
	}
}

func TestDatagramsGoOutAndComeBack(t *testing.T) {
	echo := udpEcho(t, func() (stdnet.PacketConn, error) { return stdnet.ListenPacket("udp4", "127.0.0.1:0") })
	g := boot(t, start(t, Config{}))
	c := g.dialUDP(t, strings.Replace(echo, "127.0.0.1", "10.0.2.2", 1))
	for _, n := range []int{1, 1472, 1473, 8000} {
		checkEcho(t, c, bytes.Repeat([]byte{byte(n)}, n))
	}
}

func udpEcho(t *testing.T, listen func() (stdnet.PacketConn, error)) (addr string) {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := l.ReadFrom(buf)
			if err != nil {
				return
			}
			l.WriteTo(buf[:n], from)
		}
	}()
	return l.LocalAddr().String()
}

func checkEcho(t *testing.T, c stdnet.Conn, sent []byte) {
	t.Helper()
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 65536)
	if n, err := c.Read(got); err != nil || !bytes.Equal(got[:n], sent) {
		t.Errorf("%d bytes sent, %d came back: %v", len(sent), n, err)
	}
}

func TestAForwardLeadsIntoTheGuest(t *testing.T) {
	u := start(t, Config{Forwards: []Forward{
		{Network: "tcp", Host: loopback, Guest: netip.AddrPortFrom(netip.Addr{}, 22)},
		{Network: "udp", Host: loopback, Guest: netip.MustParseAddrPort("10.0.2.15:53")},
	}})
	g := boot(t, u)
	l, err := gonet.ListenTCP(g.s, full(netip.MustParseAddrPort("10.0.2.15:22")), ipv4.ProtocolNumber)
	if err != nil {
		t.Fatal(err)
	}
	defer listener{l}.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			io.Copy(c, c)
			c.Close()
		}
	}()
	udpEcho(t, func() (stdnet.PacketConn, error) {
		at := full(netip.MustParseAddrPort("10.0.2.15:53"))
		return gonet.DialUDP(g.s, &at, nil, ipv4.ProtocolNumber)
	})
	for _, f := range u.Forwards() {
		c, err := stdnet.Dial(f.Network, f.Host.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(wait))
		checkEcho(t, c, []byte("through "+f.Network))
		checkEcho(t, c, []byte("again"))
	}
}

func TestARestrictedGuestReachesNobodyButIsReached(t *testing.T) {
	l, err := stdnet.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u := start(t, Config{Restrict: true, Forwards: []Forward{{Network: "udp", Host: loopback, Guest: netip.MustParseAddrPort("10.0.2.15:7")}}})
	g := boot(t, u)
	if c, err := g.dial(strings.Replace(l.Addr().String(), "127.0.0.1", "10.0.2.2", 1)); err == nil {
		c.Close()
		t.Error("the guest is connected to the host")
	}
	if err := lookup(g.resolver("udp"), "localhost.localdomain", moment); err == nil {
		t.Error("the name server answers")
	}
	udpEcho(t, func() (stdnet.PacketConn, error) {
		at := full(netip.MustParseAddrPort("10.0.2.15:7"))
		return gonet.DialUDP(g.s, &at, nil, ipv4.ProtocolNumber)
	})
	c, err := stdnet.Dial("udp", u.Forwards()[0].Host.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	checkEcho(t, c, []byte("in"))
}

func lookup(r *stdnet.Resolver, name string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := r.LookupHost(ctx, name)
	return err
}

func TestTheNameServerKnowsWhatTheHostKnows(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want, err := (&stdnet.Resolver{PreferGo: true}).LookupIP(context.Background(), "ip4", name)
	if err != nil {
		t.Fatalf("the host does not know itself: %v", err)
	}
	g := boot(t, start(t, Config{}))
	for _, network := range []string{"udp", "tcp"} {
		got, err := g.resolver(network).LookupIP(context.Background(), "ip4", name+".")
		if err != nil || len(got) == 0 || !got[0].Equal(want[0]) {
			t.Errorf("%s: %v, %v; the host says %v", network, got, err, want)
		}
	}
}

func TestAHostWithoutNameServersSaysNoAndDoesNotHang(t *testing.T) {
	deaf := &stdnet.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (stdnet.Conn, error) {
		return nil, fmt.Errorf("no server")
	}}
	g := boot(t, start(t, Config{Resolver: deaf}))
	var said *stdnet.DNSError
	if err := lookup(g.resolver("udp"), "drydock.example.", wait); !errors.As(err, &said) || said.IsTimeout {
		t.Errorf("the answer is %v", err)
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	never := &stdnet.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (stdnet.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	l, err := stdnet.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u := start(t, Config{Resolver: never, Forwards: []Forward{{Network: "tcp", Host: loopback, Guest: netip.MustParseAddrPort("10.0.2.20:1")}}})
	g := boot(t, u)
	c, err := g.dial(strings.Replace(l.Addr().String(), "127.0.0.1", "10.0.2.2", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in, err := stdnet.Dial("tcp", u.Forwards()[0].Host.String())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var asking sync.WaitGroup
	asking.Go(func() { lookup(g.resolver("udp"), "never.example.", moment) })
	defer asking.Wait()
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	if err := u.Close(); err != nil || time.Since(began) > dialTimeout/2 {
		t.Errorf("Close: %v after %v", err, time.Since(began))
	}
	if err := u.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestAGuestThatDoesNotReadHoldsUpOnlyItself(t *testing.T) {
	echo := udpEcho(t, func() (stdnet.PacketConn, error) { return stdnet.ListenPacket("udp4", "127.0.0.1:0") })
	u := start(t, Config{})
	for i := range 3000 {
		frame := udpFrame("10.0.2.15:99", strings.Replace(echo, "127.0.0.1", "10.0.2.2", 1), bytes.Repeat([]byte{byte(i)}, 1400))
		send(t, u, frame)
	}
	began := time.Now()
	if err := u.Close(); err != nil || time.Since(began) > dialTimeout/2 {
		t.Errorf("Close: %v after %v", err, time.Since(began))
	}
}
