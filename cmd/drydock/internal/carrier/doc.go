// Package carrier runs programs in an emulated Linux host that has a complete /dev/kvm, for hosts whose own KVM is missing or
// cannot run a stock kernel: QEMU's TCG with SVM and nested paging, a distribution's kernel, kvm-amd, tun, and Drydock itself
// as its init.
//
// For QEMU the carrier is just a guest. Its init is package guestinit, the same as in a guest of drydock run, and what is
// said to it is package runproto, over a virtio console port. Each NIC of a machine in it whose other end stays outside has a
// port of its own, with frames in QEMU's framing, and so has each socket, with its connections (package tunnel). So the
// carrier needs no disk, no network and no privilege.
//
// It never decides when it is needed (Measure says how fast the host's KVM is) and knows nothing of what it runs.
package carrier
