package main

import (
	"context"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/vmm/qmp"
	"github.com/drydock-vmm/drydock/vmm/qtest"
)

// noMachine is what QMP stops and starts where nothing runs: -machine none.
type noMachine struct{ quit func() }

func (noMachine) Pause() error     { return nil }
func (noMachine) Resume() error    { return nil }
func (noMachine) Paused() bool     { return false }
func (noMachine) Reset() error     { return nil }
func (noMachine) PowerDown() error { return nil }
func (n noMachine) Quit() error    { n.quit(); return nil }

// runNone is -machine none: nothing to drive, for programs that only ask what there is.
func runNone(ctx context.Context, m *args.Machine) error {
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	c := qmpConfig(m)
	c.Machine, c.PCI = noMachine{quit}, func() []qmp.PCIFunction { return nil }
	clients, err := openMonitors(ctx, qmp.New(c), m.QMP)
	if err != nil {
		return err
	}
	defer clients.Close()
	client, err := openQTest(ctx, m)
	if err != nil {
		return err
	}
	defer client.Close()
	client.serve(qtest.None{}, quit)
	<-ctx.Done()
	return nil
}
