package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A bench is one run of the program.
type bench struct {
	*options
	extent         extent
	wire           wire
	contenders     []contender
	configurations []configuration
	all            []*series
	dir            string // of its own, for files that machines boot; empty until one is needed
}

// newBench finds out whether all that is needed is there.
func newBench(o *options) (*bench, error) {
	b := &bench{options: o, extent: long, configurations: o.selected()}
	if o.short {
		b.extent = short
	}
	if len(b.configurations) == 0 {
		return nil, fmt.Errorf("-only %v: no configuration has such a label", o.only)
	}
	payload, err := filepath.Abs(o.payload)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(payload); err != nil {
		return nil, fmt.Errorf("%w: build the payload guest with make -C e2e/payload", err)
	}
	if o.qemu != "" {
		q, err := qemu(o.qemu, payload)
		if err != nil {
			return nil, err
		}
		b.contenders = append(b.contenders, q)
	}
	d, err := b.ours(payload)
	if err != nil {
		return nil, err
	}
	b.contenders = append(append(b.contenders, d), floors...)
	return b, nil
}

func (b *bench) ours(payload string) (_ contender, err error) {
	if b.drydock == "" {
		return drydock(payload, b.profiles)
	}
	if b.dir, err = os.MkdirTemp("", "drydock-bench"); err != nil {
		return nil, err
	}
	return drydockBy(b.drydock, payload, b.dir)
}

func (b *bench) close() {
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
}

// measure runs all configurations. A run that fails is told and counted; all others go on.
func (b *bench) measure(ctx context.Context) error {
	for i := range b.configurations {
		c := &b.configurations[i]
		if err := b.wire.setQueueLength(c.queueLength(b.extent)); err != nil {
			return err
		}
		if err := b.compare(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// compare runs the contenders of one configuration in turn, in the other order every other round.
func (b *bench) compare(ctx context.Context, c *configuration) error {
	var turn []func(number int)
	for _, who := range b.contenders {
		if !who.can(c) {
			continue
		}
		s := &series{Label: c.label, Contender: who.name()}
		b.all = append(b.all, s)
		turn = append(turn, func(number int) {
			rows, err := who.run(ctx, &round{c, b.extent, &b.wire, number, b.verbose})
			s.Rows = append(s.Rows, rows...)
			if err != nil {
				s.Failed++
				fmt.Fprintf(os.Stderr, "%s @%s, round %d: %v\n", c.label, who.name(), number, err)
			}
		})
	}
	begin := time.Now()
	for number := range b.rounds {
		for _, run := range turn {
			run(number)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		slices.Reverse(turn)
	}
	fmt.Fprintf(os.Stderr, "%s: %d rounds in %.0f s\n", c.label, b.rounds, time.Since(begin).Seconds())
	return nil
}

// report prints what was measured. A series without a row is an error: something does not work.
func (b *bench) report() error {
	conclude(b.all)
	printTable(os.Stdout, b.all)
	if b.json != "" {
		if err := writeJSON(b.json, b.all); err != nil {
			return err
		}
	}
	var errs []error
	for _, s := range b.all {
		if len(s.Rows) == 0 {
			errs = append(errs, fmt.Errorf("%s @%s: no run succeeded", s.Label, s.Contender))
		}
	}
	return errors.Join(errs...)
}
