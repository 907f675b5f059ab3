package qmp

import (
	"errors"
	"fmt"
)

// Classes of errors (qapi/error.json). What has no class of its own is a GenericError.
const (
	generic         = "GenericError"
	commandNotFound = "CommandNotFound"
	deviceNotFound  = "DeviceNotFound"
	deviceNotActive = "DeviceNotActive"
)

// ErrNotFound, wrapped in an error of an interface's method, says that there is no device of that name: its class is
// DeviceNotFound.
var ErrNotFound = errors.New("not found")

// NotFound is the error of a name that no device has.
func NotFound(name string) error { return &notFound{name} }

type notFound struct{ name string }

func (e *notFound) Error() string { return fmt.Sprintf("Device '%s' not found", clip(e.name)) }
func (e *notFound) Unwrap() error { return ErrNotFound }

// Errorf is an error in QEMU's words, which are sentences.
func Errorf(format string, a ...any) error { return sentence(fmt.Sprintf(format, a...)) }

type sentence string

func (s sentence) Error() string { return string(s) }

// classOf is the class of an error.
func classOf(err error) string {
	switch {
	case errors.Is(err, errNoCommand):
		return commandNotFound
	case errors.Is(err, ErrNotFound):
		return deviceNotFound
	case errors.Is(err, ErrNoBalloon):
		return deviceNotActive
	}
	return generic
}

// errNoCommand is the class of what is said about commands that cannot be given.
var errNoCommand = errors.New("no such command")

// noCommand is an error of that class.
type noCommand string

func (e noCommand) Error() string { return string(e) }
func (e noCommand) Unwrap() error { return errNoCommand }

// clip keeps what a client wrote short enough to be quoted in an answer.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "..."
	}
	return s
}
