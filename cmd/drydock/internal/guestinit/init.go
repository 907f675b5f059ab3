package guestinit

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// Active reports whether this process is the init of a guest that drydock run has started. It costs one system call
// anywhere else.
func Active() bool {
	if os.Getpid() != 1 {
		return false
	}
	_, err := os.Lstat(ManifestPath)
	return err == nil
}

// Main is the whole life of the guest's init. It does not return: the machine ends.
func Main() {
	m := &machine{console: os.Stderr, shutdown: notifyShutdown()}
	defer m.rescue()
	err := m.boot()
	if err == nil {
		err = m.run()
	}
	for err == nil && m.serving {
		err = m.next()
	}
	m.end(err)
}

// A machine is this guest, as far as its init has come. Only Main's goroutine changes it.
type machine struct {
	console  io.Writer
	warnings []string // that the host has not heard yet
	port     *os.File
	conn     *runproto.Conn // nil until the port is open
	serving  bool           // Manifest.Serve
	shutdown <-chan os.Signal
	reboot   bool
}

// boot does what comes before the first word to the host.
func (m *machine) boot() error {
	if err := m.mountAll(); err != nil {
		return err
	}
	manifest, err := readManifest(ManifestPath)
	if err != nil {
		return err
	}
	for _, file := range manifest.Modules {
		if err := loadModule(file); err != nil {
			m.warn(err)
		}
	}
	if m.port, err = openPort(sysfsPorts, manifest.Port, portPatience); err != nil {
		return err
	}
	m.conn = runproto.NewConn(m.port)
	if m.serving = manifest.Serve; m.serving {
		m.prepareHost()
	}
	return m.greet()
}

// greet speaks first. A read before that could find the host's side not open yet, which looks like the end of the stream.
func (m *machine) greet() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	return m.conn.WriteJSON(runproto.Ready, runproto.Hello{Release: unix.ByteSliceToString(name.Release[:])})
}

// run serves one command.
func (m *machine) run() error {
	spec, err := receiveSpec(m.conn)
	if err != nil {
		return err
	}
	m.setHostname(spec.Hostname)
	for _, err := range configureNetworks(spec.Networks) {
		m.warn(err)
	}
	for _, w := range m.warnings {
		_ = m.conn.Write(runproto.Warning, []byte(w))
	}
	m.warnings = nil
	r := &run{conn: m.conn, spec: spec, shutdown: m.shutdown, endOthers: endAll, guard: m.rescue, patience: m.byePatience()}
	err = r.serve()
	m.reboot = spec.Reboot || shutdownSignals[r.asked]
	// A machine that was told to end serves no further command.
	m.serving = m.serving && r.asked == nil
	return err
}

// setHostname fails only for a name that is too long.
func (m *machine) setHostname(name string) {
	if name == "" {
		return
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		m.warn(fmt.Errorf("hostname %q: %w", name, err))
	}
}

// warn keeps a trouble that does not stop the run, for the time when the port is open.
func (m *machine) warn(err error) {
	_, _ = fmt.Fprintf(m.console, "drydock init: %v\n", err)
	m.warnings = append(m.warnings, err.Error())
}

// end reports a failure and ends the machine.
func (m *machine) end(err error) {
	if err != nil {
		m.report(err)
	}
	powerOff(m.reboot)
}

// report says what broke, on the console and on the port, and gives the host some time to take it.
func (m *machine) report(err error) {
	_, _ = fmt.Fprintf(m.console, "drydock init: %v\n", err)
	if m.conn == nil {
		return
	}
	failure := runproto.Failure{Status: runproto.StatusInit, Message: "init in the guest: " + err.Error()}
	if m.conn.WriteJSON(runproto.Fail, failure) == nil {
		awaitBye(m.conn, m.port, byePatience)
	}
}

// rescue is deferred by each goroutine. A panic of the first process would otherwise show only as the kernel's own.
func (m *machine) rescue() {
	if p := recover(); p != nil {
		m.end(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
	}
}

// endAll kills every process but this one.
func endAll() { _ = unix.Kill(-1, unix.SIGKILL) }

// powerOff ends the machine. It returns only if the kernel refuses, and then init's exit makes the kernel panic, which also
// ends the run.
func powerOff(reboot bool) {
	unix.Sync()
	how := unix.LINUX_REBOOT_CMD_POWER_OFF
	if reboot {
		how = unix.LINUX_REBOOT_CMD_RESTART
	}
	if err := unix.Reboot(how); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "drydock init: reboot: %v\n", err)
	}
	os.Exit(runproto.StatusInit)
}
