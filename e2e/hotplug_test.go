package e2e

import (
	"bufio"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
)

// A monitor is a QMP connection.
type monitor struct {
	*testing.T
	net.Conn
	in *bufio.Reader
}

// monitorAt connects to a machine whose guest has said something already.
func monitorAt(t *testing.T, path string) *monitor {
	t.Helper()
	conn, err := net.Dial("unix", path)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	m := &monitor{t, conn, bufio.NewReader(conn)}
	m.hears(`"QMP"`)
	m.does(`{"execute": "qmp_capabilities"}`)
	return m
}

// does gives a command that must work.
func (m *monitor) does(command string) {
	m.Helper()
	_, err := fmt.Fprintln(m.Conn, command)
	must(m.T, err)
	m.hears(`{"return": {}}`)
}

// hears passes over what is said before a line that has these words.
func (m *monitor) hears(words string) {
	m.Helper()
	for {
		line, err := m.in.ReadString('\n')
		must(m.T, err)
		if strings.Contains(line, words) {
			return
		}
		if strings.Contains(line, `"error"`) {
			m.Fatalf("%swhile it was to say %s", line, words)
		}
	}
}

func TestACardComesAndGoesWhileLinuxRuns(t *testing.T) {
	const script = `echo READY
until [ -e /sys/class/net/eth1 ]; do sleep 0.1; done; echo CAME
while [ -e /sys/class/net/eth1 ]; do sleep 0.1; done; echo WENT
read line; echo "$line"`
	socket := filepath.Join(t.TempDir(), "qmp")
	s := talk(t, "run", "-qmp", "unix:"+socket+",server=on,wait=off", "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0",
		"-netdev", "user,id=n1", "--", "sh", "-c", script)
	s.expect("READY")
	m := monitorAt(t, socket)
	for range 2 {
		m.does(`{"execute": "stop"}`)
		m.does(`{"execute": "cont"}`)
	}
	m.does(`{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "id": "new", "netdev": "n1"}}`)
	s.expect("CAME")
	m.does(`{"execute": "device_del", "arguments": {"id": "new"}}`)
	m.hears(`"device": "new"`)
	s.expect("WENT")
	m.does(`{"execute": "netdev_del", "arguments": {"id": "n1"}}`)
	s.say("bye")
	s.expect("bye")
	s.wantEnd(0)
}
