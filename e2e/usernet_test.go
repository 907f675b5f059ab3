package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTheDefaultNetworkReachesTheHost(t *testing.T) {
	enterNamespace(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s wants %s\n", r.Host, r.URL)
	})}
	go func() { _ = web.Serve(l) }()
	t.Cleanup(func() { must(t, web.Close()) })
	host := fmt.Sprintf("10.0.2.2:%d", l.Addr().(*net.TCPAddr).Port)
	r := run(t, "wget -qO- http://"+host+"/page")
	r.wantStatus(t, 0)
	if want := host + " wants /page\n"; r.stdout != want {
		t.Errorf("the guest got %q, want %q", r.stdout, want)
	}
}

func TestAForwardLeadsIntoTheGuest(t *testing.T) {
	enterNamespace(t)
	s := talk(t, "run", "-netdev", "user,id=n0,hostfwd=tcp:127.0.0.1:2222-:5001", "-device", "virtio-net-pci,netdev=n0", "--",
		"sh", "-c", "nc -l -p 5001 | sha256sum & until netstat -ltn | grep -q :5001; do sleep 0.1; done; echo listening; wait")
	s.expect("listening\n")
	const size = 1 << 20
	conn, err := net.Dial("tcp4", "127.0.0.1:2222")
	must(t, err)
	defer conn.Close()
	must(t, conn.SetDeadline(time.Now().Add(streamPatience)))
	sent, err := sendData(conn.(*net.TCPConn), size)
	must(t, err)
	_, err = io.Copy(io.Discard, conn)
	must(t, err)
	s.wantEnd(0)
	if got := s.rest(); sent != expect(size) || !strings.HasPrefix(got, sent.Checksum) {
		t.Errorf("sent %+v, the guest says %q", sent, got)
	}
}
