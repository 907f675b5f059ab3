package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// guestPath is this binary in a guest, where its first argument is guestWord and its second a plan.
const (
	guestPath = "/e2e.test"
	guestWord = "guest"
)

// A plan is what the guest shall do. A round is the streams that go at the same time: "du" is a download and an upload.
type plan struct {
	Address string // of the server
	Bytes   int64  // of each stream
	Rounds  []string
}

// words are the command that carries it out.
func (p plan) words() []string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // our own type
	}
	return []string{guestPath, guestWord, string(text)}
}

// A report is what the guest has seen.
type report struct {
	CPUs       int
	Features   string    // bits of the NIC as negotiated: '0' or '1' each, the first is bit 0
	Uptimes    []float64 // in seconds, before the streams and after each round
	Streams    []stream
	Counters   counters
	Interrupts map[string][]uint64 // by their last name; one number per CPU
	Warnings   []string            // of the kernel
}

// guestMain is the whole program in a guest.
func guestMain(args []string) int {
	var p plan
	if err := json.Unmarshal([]byte(strings.Join(args, "")), &p); err != nil {
		fmt.Fprintln(os.Stderr, "e2e guest: plan:", err)
		return 2
	}
	r, err := p.carryOut()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e guest:", err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return 1
	}
	return 0
}

func (p plan) carryOut() (r report, err error) {
	r.Uptimes, err = appendUptime(nil)
	if err := errors.Join(err, largeSegments()); err != nil {
		return r, err
	}
	for _, kinds := range p.Rounds {
		streams, err := p.round(kinds)
		if err != nil {
			return r, err
		}
		r.Streams = append(r.Streams, streams...)
		if r.Uptimes, err = appendUptime(r.Uptimes); err != nil {
			return r, err
		}
	}
	var errs [5]error
	r.Counters, errs[0] = settledCounters(guestNIC)
	r.CPUs, errs[1] = onlineCPUs()
	r.Features, errs[2] = readText("/sys/class/net/" + guestNIC + "/device/features")
	r.Interrupts, errs[3] = interrupts()
	r.Warnings, errs[4] = kernelWarnings()
	return r, errors.Join(errs[:]...)
}

func (p plan) round(kinds string) ([]stream, error) {
	streams, errs := make([]stream, len(kinds)), make([]error, len(kinds))
	var wg sync.WaitGroup
	for i := range kinds {
		wg.Go(func() { streams[i], errs[i] = connect(p.Address, kinds[i], p.Bytes) })
	}
	wg.Wait()
	return streams, errors.Join(errs...)
}

// settledCounters waits until the link is quiet.
func settledCounters(nic string) (counters, error) {
	const quiet, most = 300 * time.Millisecond, 50
	last, err := readCounters(nic)
	for range most {
		time.Sleep(quiet)
		now, err := readCounters(nic)
		if err != nil || now == last {
			return now, err
		}
		last = now
	}
	return last, errors.Join(err, fmt.Errorf("%s is not quiet: %+v", nic, last))
}
