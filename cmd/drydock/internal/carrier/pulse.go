package carrier

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pulse is how long a lost interrupt can hold up a carrier. Each costs it about a millisecond.
const pulse = 100 * time.Millisecond

// keepAwake sends signal 0, which does nothing to the job, until done is closed. It is the interrupt that counts.
//
// QEMU's emulation of VMRUN and #VMEXIT changes the processor's pending interrupts without a lock, so now and then one that a
// timer's thread raises in that moment is lost (seen with QEMU 7.2: IRR holds the timer's vector, interrupts are on, and the
// processor spins in the nested guest). Linux sets its timer anew only after it has fired: no timer of the carrier would ever
// fire again. The next interrupt of any device delivers both.
func keepAwake(signals chan<- os.Signal, done <-chan struct{}) {
	t := time.NewTicker(pulse)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			offer(signals, os.Signal(unix.Signal(0)))
		case <-done:
			return
		}
	}
}
