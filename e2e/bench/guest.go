package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// runLimit ends a machine whose guest says nothing more.
const runLimit = 30 * time.Second

// A guest is a machine's process, by what it says on its serial port.
type guest struct {
	*round
	pid   int
	rows  []row
	cpu   cpuTime  // at the end of the last row
	costs []uint64 // of the rows that begin to be printed, in CPU time
	flood *flood   // while the sender of a steady run is at work
	ended bool
}

// runGuest starts a machine, sends what its guest is to receive, and collects the rows that it prints.
func runGuest(ctx context.Context, cmd *exec.Cmd, r *round) (rows []row, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { cmd.Process.Kill() })()
	g := &guest{round: r, pid: cmd.Process.Pid}
	lines := bufio.NewScanner(&serialPort{Reader: out, row: g.cost})
	for err == nil && !g.ended && lines.Scan() {
		err = g.line(lines.Text())
	}
	err = errors.Join(err, g.stop())
	status := leave(cmd)
	if r.verbose {
		os.Stderr.Write(trouble.Bytes())
	}
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !g.ended:
		return nil, fmt.Errorf("the machine ended before its guest did (%v): %s", status, lastLine(trouble.String()))
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	return g.rows, nil
}

// leave waits for a machine whose guest has ended; one that has no debug exit is ended.
func leave(cmd *exec.Cmd) error {
	patience := time.AfterFunc(2*time.Second, func() { cmd.Process.Kill() })
	defer patience.Stop()
	return cmd.Wait()
}

// line takes notice of one line of the guest's.
func (g *guest) line(text string) error {
	text = strings.TrimRight(text, "\r")
	switch {
	case text == "READY":
		return g.ready()
	case text == "END":
		g.ended = true
	case strings.HasPrefix(text, "FATAL"):
		return fmt.Errorf("the guest gave up: %s", text)
	case strings.HasPrefix(text, "RX "), strings.HasPrefix(text, "TX "):
		if g.verbose {
			fmt.Fprintln(os.Stderr, text)
		}
		row, err := parseRow(text)
		if err != nil {
			return err
		}
		row.CPU = g.costs[len(g.rows)]
		g.rows = append(g.rows, row)
	}
	return nil
}

// cost closes the account of a row.
func (g *guest) cost() {
	now := cpuTimeOf(g.pid)
	g.costs = append(g.costs, now.device(g.cpu))
	g.cpu = now
}

// ready sends what the guest waits for.
func (g *guest) ready() error {
	g.cpu = cpuTimeOf(g.pid)
	switch g.kind {
	case burst:
		begin := time.Now()
		if err := g.wire.send(g.frame, g.count(g.extent)); err != nil {
			return err
		}
		if took := time.Since(begin); took > g.wait {
			return fmt.Errorf("filling the queue took %v, the guest waits %v: the host is too busy", took, g.wait)
		}
	case steady:
		g.flood = g.wire.flood(g.frame)
	}
	return nil
}

func (g *guest) stop() error {
	if g.flood == nil {
		return nil
	}
	return g.flood.stop()
}

// check finds rows that measured something else.
func (g *guest) check() error {
	if len(g.rows) != g.rowsWanted(g.extent) {
		return fmt.Errorf("%d rows, expected %d", len(g.rows), g.rowsWanted(g.extent))
	}
	for _, r := range g.rows {
		if r.Packets == 0 || r.Micros == 0 || r.Packets < uint64(g.count(g.extent)) {
			return fmt.Errorf("%d frames of %d in %d us", r.Packets, g.count(g.extent), r.Micros)
		}
	}
	return nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
