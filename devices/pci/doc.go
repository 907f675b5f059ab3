// Package pci is PCI as a guest sees it on an i440FX machine: configuration space as bytes and a write mask, base address
// registers decoded at the access, the host bridge at 0xcf8/0xcfc, and MSI-X. It never knows virtio or KVM; it asks the
// machine for interrupts through Pin and MSI.
//
// Section numbers are those of the PCI Local Bus Specification 3.0. What the specification leaves open is as in QEMU.
package pci
