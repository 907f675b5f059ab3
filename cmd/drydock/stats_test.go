package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/assemble"
	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

// oneCard returns what reads the counters of a machine with one NIC.
func oneCard(t *testing.T) func() assemble.Stats {
	t.Helper()
	netdev, _, err := net.Pipe(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = netdev.Close() })
	nic, err := virtionet.New(virtionet.Config{Netdev: netdev})
	if err != nil {
		t.Fatal(err)
	}
	return func() assemble.Stats { return assemble.Stats{NICs: []assemble.NICStats{{ID: "n", Stats: nic.Stats()}}} }
}

// await reads the counters as soon as somebody has written them.
func await(t *testing.T, path string) (all assemble.Stats) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) && time.Now().Before(deadline) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, &all)
		}
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
}

func TestASignalWritesTheCountersOfAMachineThatRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stats.json")
	s := openStats(path, oneCard(t))
	for range 2 {
		if err := unix.Kill(os.Getpid(), unix.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		if got := await(t, path); len(got.NICs) != 1 || len(got.NICs[0].Receive) != 1 || got.NICs[0].ID != "n" {
			t.Errorf("counters %+v, want those of one card with one pair of queues", got)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := await(t, path); len(got.NICs) != 1 {
		t.Errorf("at the end: counters of %d cards, want 1", len(got.NICs))
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}

// noStats are those of a machine without devices.
func noStats() assemble.Stats { return assemble.Stats{NICs: []assemble.NICStats{}} }

func TestCountersGoToAPipeAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := openStats(path, noStats).Close(); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64)
	n, err := reader.Read(got)
	if err != nil || string(got[:n]) != "{\n  \"NICs\": []\n}\n" {
		t.Errorf("read %q, %v; want an empty list of NICs", got[:n], err)
	}
}

func TestCountersThatCannotBeWrittenAreAnError(t *testing.T) {
	if err := openStats(filepath.Join(t.TempDir(), "none", "stats.json"), noStats).Close(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want that the directory is missing", err)
	}
}
