package args

import (
	"errors"
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// addIOThread notes a thread that devices may name. Here each queue has one of its own: there is nothing to make.
func (m *Machine) addIOThread(l option.List) error {
	var id string
	err := l.Decode("-object iothread", option.Props{
		"id": option.ToString(&id), "poll-max-ns": option.Ignored, "poll-grow": option.Ignored, "poll-shrink": option.Ignored,
		"aio-max-batch": option.Ignored, "thread-pool-min": option.Ignored, "thread-pool-max": option.Ignored,
	})
	switch {
	case err != nil:
		return err
	case id == "":
		return errors.New("-object iothread: it needs id=")
	}
	m.IOThreads = append(m.IOThreads, id)
	return nil
}

// checkIOThread is for a device that names one, or none ("").
func (m *Machine) checkIOThread(id string, user *Ident) error {
	if id != "" && !slices.Contains(m.IOThreads, id) {
		return fmt.Errorf("-device %s: iothread=%s: there is no -object iothread with that id", user.Kind, id)
	}
	return nil
}
