// Package conformance holds the devices against what virtio 1.4 asks of a device, sentence by sentence, as a driver in a guest
// would: through PCI configuration space, BARs, rings in memory and interrupts, and on the host's side through a link, a file or
// a stream. It needs no KVM, and of a device it knows nothing but how to make one.
//
// A sentence stands in a table with its section, in our words, and with the check of it; where only a test in the device's own
// package can look (an order of events between two goroutines, say), that test is named and has to pass. docs/CONFORMANCE.md is
// what a run of all tables yields, and the suite fails if that file says something else:
//
//	go test ./e2e/conformance                 # check the devices and the file
//	go test ./e2e/conformance -args -write    # check the devices, write the file (make conformance)
package conformance
