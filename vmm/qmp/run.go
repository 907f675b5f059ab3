package qmp

// A Machine is what runs.
type Machine interface {
	Pause() error // and its events, as of the others
	Resume() error
	Paused() bool
	Reset() error // returns when the machine has been reset
	PowerDown() error
	Quit() error
}

func runCommands(m Machine) map[string]command {
	// prelaunch is what a machine is that did not run since its reset. Commands are carried out one after the other.
	ran := !m.Paused()
	return map[string]command{
		"stop":             do(m.Pause),
		"cont":             do(func() error { ran = true; return m.Resume() }),
		"quit":             do(m.Quit),
		"system_reset":     do(func() error { ran = !m.Paused(); return m.Reset() }),
		"system_powerdown": do(m.PowerDown),
		"query-status":     ask(func() (status, error) { return statusOf(m, ran), nil }),
	}
}

type status struct {
	Status     string `json:"status"`
	SingleStep bool   `json:"singlestep"`
	Running    bool   `json:"running"`
}

func statusOf(m Machine, ran bool) status {
	switch {
	case !m.Paused():
		return status{Status: "running", Running: true}
	case ran:
		return status{Status: "paused"}
	}
	return status{Status: "prelaunch"}
}
