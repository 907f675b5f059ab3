// Package virtio is the device's side of the virtio specification, version 1.4, without a transport and without a
// device type: feature sets, the device configuration space, virtqueues, the life of a device (Session), and the
// rules that a driver can break.
//
// It never knows PCI, KVM, registers or what a buffer carries.
//
// A device type implements Device. A transport (package virtiopci, or a test) negotiates, builds the queues, and calls
// Device.Run when the driver sets DRIVER_OK.
package virtio
