package runproto

import (
	"encoding/json"
	"fmt"
)

// A Hello is the guest's first word.
type Hello struct {
	Release string `json:"release"` // of its kernel
}

// A Spec is what to run, and in what surroundings.
type Spec struct {
	// Argv is the command; Argv[0] is looked up in the PATH of Env unless it has a slash.
	Argv []string `json:"argv"`
	// Env is the whole environment ("NAME=value"); PATH, HOME and TERM are added where they are missing.
	Env []string `json:"env,omitempty"`
	// Dir is the working directory; empty for "/".
	Dir string `json:"dir,omitempty"`
	// TTY, if not nil, asks for a terminal of that size: stdin, stdout and stderr are then one, and all output comes as stdout.
	TTY *Size `json:"tty,omitempty"`
	// Hostname is set if not empty.
	Hostname string    `json:"hostname,omitempty"`
	Networks []Network `json:"networks,omitempty"`
	// Reboot ends the machine by a reset instead of by power-off.
	Reboot bool `json:"reboot,omitempty"`
}

// A Size is that of a terminal, in characters.
type Size struct {
	Rows uint16 `json:"rows"`
	Cols uint16 `json:"cols"`
}

// A Network configures one interface of the guest. One without an address and without DHCP is only brought up.
type Network struct {
	// MAC finds the interface ("52:54:00:12:34:56"): the names that kernels give depend on the order of probing.
	MAC  string `json:"mac"`
	DHCP bool   `json:"dhcp,omitempty"`
	// Addresses are static ones with their prefix lengths: "10.0.0.2/24", "fd00::2/64".
	Addresses []string `json:"addresses,omitempty"`
	// Gateways are the next hops of default routes, at most one of each family.
	Gateways []string `json:"gateways,omitempty"`
	DNS      []string `json:"dns,omitempty"`
	MTU      int      `json:"mtu,omitempty"` // 0: as the device says
}

// A Status is how the command ended.
type Status struct {
	Code   int `json:"code"`             // exit code, if Signal is 0
	Signal int `json:"signal,omitempty"` // the signal that killed it
}

// Exit returns the status as a shell has it: 128 + n for signal n.
func (s Status) Exit() int {
	if s.Signal != 0 {
		return 128 + s.Signal
	}
	return s.Code
}

// Exit statuses of a run in which the command did not, as env(1) and container tools have them.
const (
	StatusInit          = 125 // the guest's init failed
	StatusNotExecutable = 126 // the command is there but cannot run
	StatusNotFound      = 127 // there is no such command
)

// A Failure is a run in which the command did not start, or the guest's init broke. It is the error that Host.Run returns.
type Failure struct {
	Status  int    `json:"status"` // one of the constants above
	Message string `json:"message"`
}

func (f *Failure) Error() string { return f.Message }

// WriteJSON sends v as the payload of a frame.
func (c *Conn) WriteJSON(t Type, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("runproto: frame of type %d: %w", t, err)
	}
	return c.Write(t, payload)
}

// JSON decodes the payload of a frame into v.
func (f Frame) JSON(v any) error {
	if err := json.Unmarshal(f.Payload, v); err != nil {
		return fmt.Errorf("runproto: frame of type %d: %w", f.Type, err)
	}
	return nil
}
