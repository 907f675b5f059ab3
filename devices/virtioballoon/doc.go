// Package virtioballoon is the traditional memory balloon (virtio 1.4, 5.5), as QEMU's virtio-balloon has it: the host asks the
// guest to give up memory (inflate) or lets it have it back (deflate), the guest says how it is doing (statistics), and pages
// that it does not use at all go back to the host as it reports them (free page reporting).
//
// A page that was given up is taken from the host's process at once and reads as zeros when the guest touches it again. Pages that
// are not RAM are ignored, as in QEMU: a hostile driver can throw away nothing but its own guest's memory.
//
// The package never knows transports, how guest memory was mapped (Discarder), or who decides how large a guest should be.
package virtioballoon
