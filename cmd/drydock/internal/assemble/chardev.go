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
	"github.com/rs/zerolog"
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
		a.say().Str("chardev", c.ID).Str("path", pty.Path).Msg("char device redirected")
	}
	a.chars[c.ID] = b
	return nil
}

// say is for what the user has to know to go on, whatever is logged.
func (a *Assembly) say() *zerolog.Event {
	return a.log.Log().Str(zerolog.LevelFieldName, zerolog.LevelInfoValue)
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
	Open bool // something has it: a console or a serial port always, another port while the guest has that open
}

// Chardevs are all backends that are no monitor's, by their ids.
func (a *Assembly) Chardevs() (all []Chardev) {
	for _, id := range slices.Sorted(maps.Keys(a.chars)) {
		all = append(all, Chardev{id, a.chars[id], a.isOpen(id)})
	}
	return all
}

// isOpen is QEMU's fe_open.
func (a *Assembly) isOpen(chardev string) bool {
	for i := range a.Config.Serial {
		if c := a.machine.SerialChardev(i); c != nil && c.ID == chardev {
			return true
		}
	}
	for d, p := range a.parts {
		if c, ok := d.(*args.SerialPort); ok && c.Chardev == chardev {
			return c.Console() || p.port.IsOpen()
		}
	}
	return false
}

// Starting has WaitForClients call f at its end: what takes over the user's terminal, and Ctrl-C with it, does so then.
func (a *Assembly) Starting(f func() error) { a.starts = append(a.starts, f) }

// WaitForClients returns when each socket with wait=on has had a client, as QEMU waits before it starts a machine. An error wraps the
// cause of ctx's end.
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
			a.say().Msgf("waiting for connection on: %v (-chardev socket,id=%s)", b, c.ID)
			select {
			case <-changed:
			case <-ctx.Done():
				return fmt.Errorf("-chardev socket,id=%s: no client came: %w", c.ID, context.Cause(ctx))
			}
		}
	}
	return a.start()
}

func (a *Assembly) start() (err error) {
	for _, f := range a.starts {
		err = errors.Join(err, f())
	}
	return err
}
