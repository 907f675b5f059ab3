package main

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/carrier"
	"github.com/drydock-vmm/drydock/vmm"
)

// Exit statuses of drydock itself. Others are those of the guest's command; see also package runproto for 126 and 127. They lie
// where shells and env(1) put their own, so that the usual commands of a guest do not collide with them.
const (
	StatusBadKernel   = 120 // the kernel is not one
	StatusPanic       = 121 // the guest kernel panicked
	StatusTripleFault = 122 // the guest's CPU had nowhere to go
	StatusNoStatus    = 123 // the guest ended without telling the command's status
	StatusTimeout     = 124 // -timeout passed, as with timeout(1)
	StatusHost        = 125 // drydock cannot: the options, the host, or the guest's init
)

// A failure is an error with an exit status.
type failure struct {
	status int
	text   string
}

func (f *failure) Error() string { return f.text }

func fail(status int, format string, a ...any) *failure {
	return &failure{status, fmt.Sprintf(format, a...)}
}

func statusOf(err error) int {
	var f *failure
	var file *boot.FileError
	switch {
	case errors.As(err, &f):
		return f.status
	case errors.Is(err, carrier.ErrTimeout):
		return StatusTimeout
	case errors.As(err, &file):
		return StatusBadKernel
	}
	return StatusHost
}

// ended is the error, if any, of a machine that ended as o says.
func ended(o vmm.Outcome) error {
	if o.End == vmm.TripleFault {
		return fail(StatusTripleFault, "triple fault on CPU %d: the guest had no handler for a fault; %s", o.CPU, o.State)
	}
	return nil
}
