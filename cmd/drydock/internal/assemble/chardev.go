package assemble

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/vmm"
)

// openChardevs opens all backends that no monitor is on, and connects the serial ports that name one.
func (a *Assembly) openChardevs(m *args.Machine) error {
	for _, c := range m.Chardevs {
		if err := a.openChardev(c); err != nil {
			return err
		}
	}
	for i := range a.Config.Serial {
		if c := m.SerialChardev(i); c != nil {
			b := a.chars[c.ID]
			a.Config.Serial[i] = vmm.Serial{Out: b, In: b}
		}
	}
	return nil
}

func (a *Assembly) openChardev(c *args.Chardev) error {
	b, err := character(c)
	if err != nil {
		return fmt.Errorf("-chardev %s,id=%s: %w", c.Kind, c.ID, err)
	}
	if pty, ok := b.(*char.PTY); ok { // there is no other way to learn which
		a.log.Log().Str("chardev", c.ID).Str("path", pty.Path).Msg("char device redirected")
	}
	a.chars[c.ID] = b
	return nil
}

func character(c *args.Chardev) (char.Backend, error) {
	switch c.Kind {
	case "file":
		return char.OpenFile(c.Path, c.Input, c.Append)
	case "pipe":
		return char.OpenPipe(c.Path)
	case "pty":
		return char.OpenPTY()
	case "ringbuf":
		return char.NewRing(c.Size)
	case "socket":
		return char.OpenSocket(c.Socket)
	case "stdio":
		return char.OpenStdio(c.Signals)
	}
	return char.NewNull(), nil
}

// closeChardevs closes those that are no port's.
func (a *Assembly) closeChardevs() (err error) {
	for _, b := range a.chars {
		err = errors.Join(err, b.Close())
	}
	clear(a.chars)
	return err
}

// A Chardev is a backend that -chardev named.
type Chardev struct {
	ID string
	char.Backend
}

// Chardevs are all backends that are no monitor's, by their ids.
func (a *Assembly) Chardevs() (all []Chardev) {
	for _, id := range slices.Sorted(maps.Keys(a.chars)) {
		all = append(all, Chardev{id, a.chars[id]})
	}
	return all
}

// WaitForClients returns when each socket with wait=on has had a client, as QEMU waits before it starts a machine.
func (a *Assembly) WaitForClients(ctx context.Context) error {
	for _, c := range a.machine.Chardevs {
		if !c.Wait {
			continue
		}
		b := a.chars[c.ID]
		if b == nil { // its port was unplugged
			continue
		}
		if here, changed := b.Connected(); !here {
			a.log.Log().Str("chardev", c.ID).Stringer("at", b).Msg("waiting for a client")
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}
