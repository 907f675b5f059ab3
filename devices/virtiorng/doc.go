// Package virtiorng is the entropy device (virtio 1.4, 5.4), as QEMU's virtio-rng has it: the driver offers empty buffers and
// gets them back with random bytes. The host's kernel writes them straight into guest memory; there is no buffer in between.
//
// It is the smallest complete device of this tree, and the one to read first: device.go says what the device is and what it
// does while a driver uses it, source.go where the bytes come from, quota.go how many there may be.
//
// It never knows transports, interrupts, or what a driver does with its bytes.
package virtiorng
