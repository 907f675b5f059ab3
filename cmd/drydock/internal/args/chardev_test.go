package args

import (
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/char"
)

func TestACharacterBackendIsAsItsPropertiesSay(t *testing.T) {
	for line, want := range map[string]Chardev{
		"null,id=c":                     {Kind: "null", ID: "c"},
		"pty,id=c":                      {Kind: "pty", ID: "c"},
		"stdio,id=c":                    {Kind: "stdio", ID: "c", Signals: true},
		"stdio,id=c,signal=off,mux=off": {Kind: "stdio", ID: "c"},
		"file,id=c,path=p":              {Kind: "file", ID: "c", Path: "p"},
		"file,id=c,path=p,append=on,input-path=q": {Kind: "file", ID: "c", Path: "p", Append: true, Input: "q"},
		"pipe,id=c,path=p":                        {Kind: "pipe", ID: "c", Path: "p"},
		"ringbuf,id=c":                            {Kind: "ringbuf", ID: "c", Size: 64 << 10},
		"memory,id=c,size=1M":                     {Kind: "ringbuf", ID: "c", Size: 1 << 20},
		"socket,id=c,path=p,reconnect=3":          {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "unix", Address: "p", FD: -1, Reconnect: 3 * time.Second}},
		"socket,id=c,path=p,abstract=on":          {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "unix", Address: "@p", FD: -1}},
		"socket,id=c,path=p,server=on":            {Kind: "socket", ID: "c", Wait: true, Socket: char.SocketConfig{Network: "unix", Address: "p", FD: -1, Server: true}},
		"socket,id=c,path=p,server,nowait":        {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "unix", Address: "p", FD: -1, Server: true}},
		"socket,id=c,host=localhost,port=7":       {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "tcp", Address: "localhost:7", FD: -1}},
		"socket,id=c,host=::1,port=7,ipv6=on":     {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "tcp6", Address: "[::1]:7", FD: -1}},
		"socket,id=c,port=7,ipv4=on,nodelay":      {Kind: "socket", ID: "c", Socket: char.SocketConfig{Network: "tcp4", Address: ":7", FD: -1}},
		"socket,id=c,fd=5":                        {Kind: "socket", ID: "c", Socket: char.SocketConfig{FD: 5}},
	} {
		m, _, err := parse(t, "-nodefaults -chardev "+line)
		if err != nil || len(m.Chardevs) != 1 || *m.Chardevs[0] != want {
			t.Errorf("%s: %v, %+v", line, err, m.Chardevs)
		}
	}
}

func TestWhatACharacterBackendCannotBeIsSaid(t *testing.T) {
	for line, want := range map[string]string{
		"-chardev nil,id=c":                                      `"nil"`,
		"-chardev null":                                          "no id specified",
		"-chardev null,id=c -chardev null,id=c":                  `duplicate ID "c"`,
		"-chardev null,id=c,path=p":                              `"path"`,
		"-chardev null,id=c,mux=on":                              "only off",
		"-chardev null,id=c,logfile=l":                           "leave it out",
		"-chardev file,id=c":                                     "no filename given",
		"-chardev pipe,id=c":                                     "no filename given",
		"-chardev socket,id=c":                                   "one way",
		"-chardev socket,id=c,path=p,port=3":                     "one way",
		"-chardev socket,id=c,host=h":                            "no port given",
		"-chardev socket,id=c,path=p,server=on,reconnect=1":      "reconnect is for a client",
		"-chardev socket,id=c,path=p,wait=off":                   "wait is for server=on",
		"-chardev socket,id=c,path=p,telnet=on":                  "only off",
		"-chardev socket,id=c,path=p,tls-creds=t":                "leave it out",
		"-serial chardev:c":                                      "no -chardev with id=c",
		"-chardev null,id=c -serial chardev:c -serial chardev:c": "in use",
		"-chardev null,id=c -serial chardev:c -device virtio-serial-pci -device virtconsole,chardev=c": "in use",
		"-chardev socket,id=c,path=p -mon chardev=c,mode=control -serial chardev:c":                    "in use by a monitor",
	} {
		if _, _, err := parse(t, "-nodefaults "+line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

func TestASerialPortMayBeOnACharacterBackend(t *testing.T) {
	m, _, err := parse(t, "-serial null -serial chardev:c -chardev ringbuf,id=c")
	if err != nil || m.SerialChardev(0) != nil || m.SerialChardev(1) != m.Chardevs[0] {
		t.Errorf("%v, %+v", err, m)
	}
}
