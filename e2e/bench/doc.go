// Command bench measures Drydock's virtio-net beside QEMU's: the same payload guest (e2e/payload), the same tap, the real
// /dev/kvm, one machine after the other, round by round, so that both see the same quiet and busy minutes.
//
//	make -C e2e/payload && go run ./e2e/bench [-rounds 9] [-only REGEXP] [-json FILE]
//
// A burst fills the tap's queue first and times only its draining by machine and guest: two threads on two cores, the number
// to trust. In a steady run a sender competes for the cores. The rows @read, @readv, @write and @writev are the bare system
// calls on the same tap, in this process: the floor that no machine gets under.
//
// It makes a network namespace of its own and needs no preparation of the host. What runs is a separate process for each
// machine; what it measures is the guest's own count, by the guest's time stamp counter.
//
// The host's part in a guest's speed is in its noise: the same row moves by a factor of two between quiet and busy minutes.
// Ratios of one run mean something; a number beside another day's does not.
package main
