// Command diff is the differential test against QEMU: it starts Debian's QEMU and Drydock with the same -device line, sends both
// the same seeded random traffic over qtest, and compares every answer. Two kinds of traffic:
//
//   - registers: configuration space, BAR sizing and moves, the legacy and modern register blocks, MSI-X, the PCI access window,
//     resets, negotiation and queue set-up in all orders. QEMU's machine is stopped; every answer must be the same at once.
//   - data: rings and chains with frames in and out and control commands, with requests of a disk, for random bytes, with what goes
//     through serial ports, and with a balloon's pages and numbers. What is compared is what a driver can see when both are quiet:
//     used rings, buffers, status, ISR, MSI messages; and what the host sees: frames, bytes, the disks, what QMP answers.
//
// A card is on a socket, or on a tap with one or more queues in a network namespace that lasts as long as the machine
// (peer_tap.go): there the frames have a virtio_net_hdr, so that checksums, segmentation, hashes, steering and coalescing are compared
// too. That needs root and /dev/net/tun; -taps=false leaves it out.
//
// Configurations are those of a table (configurations.go), and in each run some whose property list is drawn from the seed
// (drawn.go). What QEMU refuses Drydock has to refuse.
//
// Each configuration has a script, which depends on the seed and the configuration alone. A difference that no entry of the table
// of deliberate ones (deliberate.go) explains is shrunk to the shortest script that still shows it, and written as a file that
// replays:
//
//	go run ./e2e/diff [-seed N] [-runs N] [-only REGEXP]
//	go run ./e2e/diff -replay FILE
//
// It knows no package of Drydock: both machines are processes behind sockets. The exit status is 1 after an unexplained difference
// and 2 where the comparison could not be made.
package main
