package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"golang.org/x/sys/unix"
)

// A statsFile is -stats: the counters of every device, as JSON: an assemble.Stats. It is written at the end, and
// anew at each SIGUSR1, for what only a living machine shows: the buffers that a driver has posted.
type statsFile struct {
	path string // "": none
	read func() assemble.Stats
	asks chan os.Signal
	err  chan error // of all writes but the last
}

// openStats begins to listen for SIGUSR1. Without a path nobody does, and the signal ends the process as it always did.
func openStats(path string, read func() assemble.Stats) *statsFile {
	s := &statsFile{path: path, read: read, asks: make(chan os.Signal, 1), err: make(chan error, 1)}
	if path == "" {
		return s
	}
	signal.Notify(s.asks, unix.SIGUSR1)
	go s.answer()
	return s
}

func (s *statsFile) answer() {
	var err error
	for range s.asks {
		err = errors.Join(err, s.write())
	}
	s.err <- err
}

// Close writes the last counters. Call it when the machine has ended.
func (s *statsFile) Close() error {
	if s.path == "" {
		return nil
	}
	// Ignored, not back to its default: somebody who asks a moment too late must not kill a machine that ended well.
	signal.Ignore(unix.SIGUSR1)
	close(s.asks)
	return errors.Join(<-s.err, s.write())
}

func (s *statsFile) write() error {
	text, err := json.MarshalIndent(s.read(), "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(s.path, append(text, '\n'))
}

// replaceFile lets a reader see the old text or the new one, never half of it. What is no regular file (a pipe, a terminal) is
// written to as it is.
func replaceFile(path string, text []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, text, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
