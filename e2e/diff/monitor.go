package main

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"
)

// A monitor is a QMP connection.
type monitor struct {
	conn net.Conn
	in   *json.Decoder
}

// monitorSocket is where a machine of dir connects to.
func monitorSocket(dir string) string { return filepath.Join(dir, "qmp") }

// newMonitor takes the greeting and leaves negotiation mode.
func newMonitor(c net.Conn) (*monitor, error) {
	m := &monitor{c, json.NewDecoder(c)}
	if err := c.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return nil, err
	}
	var greeting map[string]any
	if err := m.in.Decode(&greeting); err != nil {
		return nil, fmt.Errorf("the QMP greeting: %w", err)
	}
	_, err := m.execute(`{"execute": "qmp_capabilities"}`)
	return m, err
}

// execute gives the answer in an order of fields of its own. Of an error it is the class: its words are everybody's own. When the guest
// said something is not for two machines to agree on, but that it did.
func (m *monitor) execute(command string) (string, error) {
	if err := m.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintln(m.conn, command); err != nil {
		return "", err
	}
	for {
		var answer struct {
			Return any
			Error  *struct{ Class string }
			Event  string
		}
		if err := m.in.Decode(&answer); err != nil {
			return "", fmt.Errorf("no answer to %q: %w", command, err)
		}
		if answer.Event != "" {
			continue
		}
		if answer.Error != nil {
			return answer.Error.Class, nil
		}
		if stats, ok := answer.Return.(map[string]any); ok && stats["last-update"] != nil {
			stats["last-update"] = stats["last-update"] != 0.0
		}
		text, err := json.Marshal(answer.Return)
		return string(text), err
	}
}

// ask gives a command to the monitors of both: one that only asks, as often as patience has it until they agree.
func (p *pair) ask(command string) (*difference, error) {
	for end := time.Now().Add(p.patience); ; time.Sleep(2 * time.Millisecond) {
		a, err := p.qemu.ask(command)
		if err != nil {
			return nil, err
		}
		b, err := p.drydock.ask(command)
		switch {
		case err != nil:
			return nil, err
		case a == b:
			return nil, nil
		case !asksOnly(command) || time.Now().After(end):
			return &difference{qemu: a, drydock: b}, nil
		}
	}
}

func asksOnly(command string) bool {
	return strings.Contains(command, `"qom-get"`) || strings.Contains(command, `"query-`)
}

func (m *machine) ask(command string) (string, error) {
	if m.monitor == nil {
		return "", fmt.Errorf("%s has no monitor to ask %s", m.name, command)
	}
	answer, err := m.monitor.execute(command)
	if err != nil {
		err = fmt.Errorf("%s: %w", m.name, err)
	}
	return answer, err
}
