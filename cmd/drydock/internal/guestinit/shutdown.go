package guestinit

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// shutdownSignals are how busybox's poweroff, halt and reboot, and the kernel's Ctrl-Alt-Del, ask the first process to end
// the machine; true is for a reset. A halted guest would hang, so halt powers off.
var shutdownSignals = map[os.Signal]bool{
	unix.SIGUSR2: false,
	unix.SIGUSR1: false,
	unix.SIGTERM: true,
	unix.SIGINT:  true,
}

// notifyShutdown takes those signals from here on. Without it, the Go runtime would end the process at SIGTERM, and the
// kernel panics when its first process ends.
func notifyShutdown() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	for s := range shutdownSignals {
		signal.Notify(c, s)
	}
	return c
}
