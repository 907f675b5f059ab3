package qmp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// fake is a machine that notes what it is asked.
type fake struct {
	server *Server
	paused bool
	asked  []string
	err    error // what the next command returns
}

func (f *fake) note(format string, a ...any) error {
	f.asked = append(f.asked, fmt.Sprintf(format, a...))
	return f.err
}

func (f *fake) Pause() error {
	f.paused = true
	f.server.Emit(Event{Name: "STOP"})
	return f.note("pause")
}
func (f *fake) Resume() error    { f.paused = false; return f.note("resume") }
func (f *fake) Paused() bool     { return f.paused }
func (f *fake) Reset() error     { return f.note("reset") }
func (f *fake) PowerDown() error { return f.note("power down") }
func (f *fake) Quit() error      { return f.note("quit") }

func (f *fake) PCI() []PCIFunction {
	line := 11
	return []PCIFunction{{Slot: 4, IRQ: &line, IRQPin: 1, QDevID: "net0", Regions: []PCIRegion{{BAR: 0, Type: "io", Address: -1, Size: 32}}}}
}

func (f *fake) AddDevice(p Properties) error { return f.note("add %v", p) }
func (f *fake) Properties(path string) ([]ObjectProperty, error) {
	return []ObjectProperty{{"type", "string"}}, f.note("list %s", path)
}
func (f *fake) RemoveDevice(id string) error {
	f.server.EmitAfter(Event{Name: "DEVICE_DELETED"})
	return f.note("remove %s", id)
}
func (f *fake) AddNetdev(p Properties) error    { return f.note("add netdev %v", p) }
func (f *fake) RemoveNetdev(id string) error    { return f.note("remove netdev %s", id) }
func (f *fake) SetLink(n string, up bool) error { return f.note("link %s %v", n, up) }
func (f *fake) Announce(a Announcement) error   { return f.note("announce %+v", a) }

func (f *fake) RXFilters(name string) ([]RXFilter, error) {
	return []RXFilter{{Name: "net0"}}, f.note("filters %q", name)
}

func (f *fake) Blocks() []Block { return []Block{{Device: "d0", Type: "unknown"}} }

func (f *fake) ResizeBlock(device, node string, size int64) error {
	return f.note("resize %q %q %d", device, node, size)
}

func (f *fake) SetBalloon(target uint64) error { return f.note("balloon %d", target) }
func (f *fake) Balloon() (uint64, error)       { return 1 << 30, f.note("ask the balloon") }

func (f *fake) Property(path, name string) (any, error) { return 5, f.note("get %s %s", path, name) }

func (f *fake) SetProperty(path, name string, decode func(any) error) error {
	var v int64
	if err := decode(&v); err != nil {
		return err
	}
	return f.note("set %s %s %d", path, name, v)
}

func (f *fake) VirtioDevices() []VirtioDevice {
	return []VirtioDevice{{"/machine/peripheral/net0/virtio-backend", "virtio-net"}}
}

func (f *fake) VirtioStatus(path string) (VirtioStatus, error) {
	return VirtioStatus{Name: "virtio-net"}, f.note("status %s", path)
}

func (f *fake) QueueStatus(path string, queue uint16) (QueueStatus, error) {
	return QueueStatus{QueueIndex: queue}, f.note("queue %s %d", path, queue)
}

func (f *fake) QueueElement(path string, queue uint16, index *uint16) (QueueElement, error) {
	if index == nil {
		return QueueElement{}, f.note("element %s %d", path, queue)
	}
	return QueueElement{Index: *index}, f.note("element %s %d %d", path, queue, *index)
}

// types are what the tests' machine has.
var types = Types{
	{Name: "virtio-net-pci", Parents: []string{"virtio-net-pci-base", "device"}},
	{Name: "virtio-net-pci-base", Parents: []string{"device"}, Abstract: true},
	{Name: "memory-backend-ram", Parents: []string{"object"}},
}

// newFake makes a server of a fake.
func newFake() *fake {
	f := new(fake)
	f.server = New(Config{
		Version: Version{Triple{22, 2, 7}, "test"}, Types: types, Machine: f, Devices: f, Nets: f, Blocks: f, Virtio: f,
		Balloon: f, Objects: f, PCI: f.PCI, Chardevs: func() []Chardev { return []Chardev{{"compat_monitor0", "stdio", true}} },
	})
	f.server.now = func() time.Time { return time.Unix(1, 2000) }
	return f
}

// A client talks to a server.
type client struct {
	*testing.T
	conn net.Conn
	in   *bufio.Reader
	done chan error
}

// connect has the greeting behind it, but not the negotiation.
func connect(t *testing.T, s *Server) *client {
	t.Helper()
	ours, theirs := net.Pipe()
	c := &client{T: t, conn: theirs, in: bufio.NewReader(theirs), done: make(chan error, 1)}
	go func() { c.done <- s.Serve(ours) }()
	t.Cleanup(func() {
		theirs.Close()
		if err := <-c.done; err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) { // what the test did not hear
			t.Error(err)
		}
	})
	c.expect(`{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "test"}, "capabilities": ["oob"]}}`)
	return c
}

// negotiated is a client who can give commands.
func negotiated(t *testing.T, s *Server) *client {
	t.Helper()
	c := connect(t, s)
	c.says(`{"execute": "qmp_capabilities"}`)
	c.expect(`{"return": {}}`)
	return c
}

func (c *client) says(text string) {
	c.Helper()
	if _, err := c.conn.Write([]byte(text + "\n")); err != nil {
		c.Fatal(err)
	}
}

func (c *client) read() string {
	c.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		c.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (c *client) expect(want string) {
	c.Helper()
	if got := c.read(); got != want {
		c.Errorf("the server says\n%s\nwant\n%s", got, want)
	}
}

// fails wants an error of a class whose text holds some words.
func (c *client) fails(class, words string) {
	c.Helper()
	var answer struct{ Error failureBody }
	text := c.read()
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Error.Class != class || !strings.Contains(answer.Error.Desc, words) {
		c.Errorf("the server says\n%s\nwant a %s with %q", text, class, words)
	}
}
