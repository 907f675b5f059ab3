package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"golang.org/x/sys/unix"
)

// look asks the machine for its counters of this moment.
func (e *experiment) look(machine *os.Process) (s virtionet.ReceiveStats, err error) {
	if err := os.Remove(e.stats); err != nil && !os.IsNotExist(err) {
		return s, err
	}
	if err := machine.Signal(unix.SIGUSR1); err != nil {
		return s, err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		s, err := e.read()
		if !os.IsNotExist(err) || time.Now().After(deadline) {
			return s, err
		}
	}
}

// read returns the counters of the first queue of the first network card.
func (e *experiment) read() (s virtionet.ReceiveStats, err error) {
	text, err := os.ReadFile(e.stats)
	if err != nil {
		return s, err
	}
	var all struct{ NICs []virtionet.Stats }
	if err := json.Unmarshal(text, &all); err != nil {
		return s, err
	}
	if len(all.NICs) != 1 || len(all.NICs[0].Receive) != 1 {
		return s, fmt.Errorf("%s: want the counters of one network card with one receive queue", e.stats)
	}
	return all.NICs[0].Receive[0], nil
}
