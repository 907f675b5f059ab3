package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A machine is a process that speaks qtest.
type machine struct {
	name    string
	cmd     *exec.Cmd
	wire    *wire
	peers   []peer
	monitor *monitor     // if the configuration has one
	said    bytes.Buffer // standard error
	dir     string
	gone    chan error // what Wait said
}

// An emulator is how one of the two is started.
type emulator struct {
	name string
	path string
	qemu bool     // Debian's QEMU: no -accel qtest
	more []string // further arguments
}

// haltROM is firmware that halts the processor at once, so that the machine runs and only its devices do anything.
func haltROM(dir string) (string, error) {
	rom := bytes.Repeat([]byte{0xf4}, 64<<10)
	copy(rom[len(rom)-16:], []byte{0xfa, 0xf4, 0xeb, 0xfc}) // cli; hlt; jmp -4: what runs after reset
	path := filepath.Join(dir, "halt.rom")
	return path, os.WriteFile(path, rom, 0o600)
}

// start begins a machine with the devices of c.
func (e emulator) start(c *configuration, k kind) (*machine, error) {
	m := &machine{name: e.name, gone: make(chan error, 1)}
	if err := m.begin(e, c, k); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func (m *machine) begin(e emulator, c *configuration, k kind) (err error) {
	if m.dir, err = os.MkdirTemp("", "drydock-diff-"); err != nil {
		return err
	}
	socket := filepath.Join(m.dir, "qtest")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer l.Close()
	qmp, err := net.Listen("unix", monitorSocket(m.dir))
	if err != nil {
		return err
	}
	defer qmp.Close()
	if err := os.WriteFile(filepath.Join(m.dir, diskFile), diskImage(), 0o600); err != nil {
		return err
	}
	args := append(e.base(socket), c.arguments(3, m.dir)...)
	more, err := e.accelerator(k, m.dir)
	if err != nil {
		return err
	}
	m.cmd = exec.Command(e.path, slices.Concat(args, more, e.more)...)
	m.cmd.Stderr = &m.said
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = m.connect(l, c)
	if err == nil && c.monitor {
		err = m.meet(qmp)
	}
	if err != nil {
		m.end()
		return fmt.Errorf("%s %v: %w%s", e.path, m.cmd.Args[1:], err, m.complaint())
	}
	return nil
}

func (e emulator) base(socket string) []string {
	return []string{"-M", "pc", "-m", "128", "-nodefaults", "-display", "none", "-qtest", "unix:" + socket, "-qtest-log", "/dev/null"}
}

// accelerator: QEMU's machine is stopped for registers, which then answer at once. Debian builds QEMU without -accel qtest.
func (e emulator) accelerator(k kind, dir string) ([]string, error) {
	switch {
	case !e.qemu:
		return []string{"-accel", "qtest"}, nil
	case k == registers:
		return []string{"-accel", "tcg", "-S"}, nil
	}
	rom, err := haltROM(dir)
	return []string{"-accel", "tcg", "-bios", rom}, err
}

func (m *machine) connect(l net.Listener, c *configuration) error {
	for n := range len(c.peers) + len(c.ports) {
		p, theirs, err := c.newPeer(n)
		if err != nil {
			return err
		}
		for _, f := range theirs {
			defer f.Close()
		}
		m.peers = append(m.peers, p)
		m.cmd.ExtraFiles = append(m.cmd.ExtraFiles, theirs...)
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	go func() { m.gone <- m.cmd.Wait() }()
	conn, err := m.accept(l)
	if err != nil {
		return err
	}
	m.wire = newWire(conn)
	return nil
}

// meet takes the machine's QMP connection.
func (m *machine) meet(l net.Listener) error {
	conn, err := m.accept(l)
	if err != nil {
		return err
	}
	m.monitor, err = newMonitor(conn)
	return err
}

var errRefused = errors.New("it ended before it spoke")

// ended waits a moment for a machine to end by itself: QEMU opens its socket before it makes its devices.
func (m *machine) ended() bool {
	select {
	case err := <-m.gone:
		m.gone <- err
		return true
	case <-time.After(time.Second):
		return false
	}
}

// accept waits for the machine to come, or to end.
func (m *machine) accept(l net.Listener) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	came := make(chan result, 1)
	go func() {
		conn, err := l.Accept()
		came <- result{conn, err}
	}()
	select {
	case r := <-came:
		return r.conn, r.err
	case err := <-m.gone:
		m.gone <- err
		return nil, fmt.Errorf("%w: %v", errRefused, err)
	case <-time.After(answerTimeout):
		return nil, fmt.Errorf("it does not connect to our socket")
	}
}

// exchange names the machine in an error, and what it said before it ended.
func (m *machine) exchange(commands []string) ([]string, error) {
	answers, err := m.wire.exchange(commands)
	if err != nil {
		m.end()
		return answers, fmt.Errorf("%s: %w%s", m.name, err, m.complaint())
	}
	return answers, nil
}

func (m *machine) complaint() string {
	if m.said.Len() == 0 {
		return ""
	}
	return "; it said: " + m.said.String()
}

// end kills the process and waits for it, so that what it said is complete.
func (m *machine) end() {
	if m.cmd == nil || m.cmd.Process == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	m.gone <- <-m.gone
}

func (m *machine) close() {
	m.end()
	if m.wire != nil {
		m.wire.conn.Close()
	}
	if m.monitor != nil {
		m.monitor.conn.Close()
	}
	for _, p := range m.peers {
		p.close()
	}
	_ = os.RemoveAll(m.dir)
}
