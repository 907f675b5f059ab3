// Package virtioblk is the virtio block device, chapter 5.2 of virtio 1.4, as QEMU 7.2's virtio-blk does it: its features, its
// configuration space, and what it does with requests. Data goes by preadv(2) and pwritev(2) straight between guest memory and
// the disk, with several requests of a queue under way at once.
//
// It knows virtqueues (package virtio) and disks (package block). It never knows the transport, PCI, KVM, or what a disk is.
//
// A request whose status the driver reads as OK has been done; one that was followed by a FLUSH that the driver reads as OK is
// on the disk, whatever becomes of this process. Without a write cache (wce of the configuration space is 0, or the driver has
// accepted neither CONFIG_WCE nor FLUSH) each write is.
//
// Where it differs from QEMU 7.2 on purpose:
//   - A file that became shorter is an I/O error to the driver; QEMU makes zeros of what is missing.
//   - A full disk is an I/O error, too (werror=report); QEMU's default stops the machine.
package virtioblk
