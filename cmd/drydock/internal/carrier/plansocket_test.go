package carrier

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	stdnet "net"

	"github.com/drydock-vmm/drydock/devices/char"
)

func TestSocketsStayOutsideAndTheirPortsAreInside(t *testing.T) {
	p := rewrite(t, "-S -qmp unix:/q,server=on,wait=off -qmp stdio -qmp tcp:127.0.0.1:7 "+
		"-chardev socket,id=c,path=/c,,d,server=on -chardev socket,id=r,host=::1,port=8,reconnect=2 -chardev socket,id=m,path=/m,server=on,wait=off "+
		"-mon chardev=m,mode=control -serial chardev:r")
	inner := parsed(t, p.Words)
	want := []PlannedSocket{
		{"-chardev socket,id=c", char.SocketConfig{Network: "unix", Address: "/c,d", FD: -1, Server: true}, false},
		{"-chardev socket,id=r", char.SocketConfig{Network: "tcp", Address: "[::1]:8", FD: -1, Reconnect: 2e9}, false},
		{"-chardev socket,id=m", char.SocketConfig{Network: "unix", Address: "/m", FD: -1, Server: true}, true},
		{"-qmp", char.SocketConfig{Network: "unix", Address: "/q", FD: -1, Server: true}, true},
		{"-qmp", char.SocketConfig{Network: "tcp", Address: "127.0.0.1:7", FD: -1}, false},
	}
	if !slices.Equal(p.Sockets, want) {
		t.Errorf("outside are %+v\nwant %+v", p.Sockets, want)
	}
	for i, got := range []char.SocketConfig{
		inner.Chardev("c").Socket, inner.Chardev("r").Socket, inner.QMP[3].Socket(), inner.QMP[0].Socket(), inner.QMP[2].Socket(),
	} {
		want := want[i].Config // it is called as it is outside
		want.Tunnel = SocketPath(i)
		if got != want {
			t.Errorf("inside is %+v, want %+v", got, want)
		}
	}
	if !inner.Paused || !inner.QMP[1].Stdio || inner.QMP[0].Wait || !inner.Chardev("c").Wait || inner.SerialChardev(0).ID != "r" {
		t.Errorf("%q", p.Words)
	}
}

func TestASocketThatCannotBeOpenedIsNamedAndTheOthersAreClosed(t *testing.T) {
	first := filepath.Join(t.TempDir(), "s")
	for _, c := range []struct{ line, option string }{
		{"-chardev socket,id=d,path=/no/such/socket", "-chardev socket,id=d"}, {"-qmp unix:/no/such/socket", "-qmp"},
	} {
		p := rewrite(t, "-chardev socket,id=c,path="+first+",server=on "+c.line)
		_, err := p.OpenSockets()
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), c.option+": ") {
			t.Errorf("%s: %v", c.line, err)
		}
		if _, err := stdnet.Dial("unix", first); err == nil {
			t.Error("the first socket is open still")
		}
	}
}

func TestQTestIsRefusedWithTheWayOut(t *testing.T) {
	m := machine(t, "-accel carrier -qtest unix:/s")
	if _, err := Rewrite(m); err == nil || !strings.Contains(err.Error(), "-accel qtest") {
		t.Errorf("error %v", err)
	}
}
