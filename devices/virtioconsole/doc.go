// Package virtioconsole is the virtio console device (virtio 1.4, 5.3) with named ports, as QEMU's virtio-serial with
// virtserialport has it: byte streams between a guest, where they are /dev/virtio-ports/NAME, and the host, where a Port
// is an io.ReadWriteCloser. It never knows what the bytes mean, transports, or interrupts.
//
// Nothing is buffered in between. A buffer that the guest sent is used when the host has read all of it, and a Write of
// the host returns when the guest's buffers have taken all of it: each side feels the other's pace, and neither can make us
// hold memory.
//
// Port 0, which drivers without VIRTIO_CONSOLE_F_MULTIPORT take for a console, has no host side: what is sent to it is
// dropped, as QEMU drops it for a port without a chardev.
package virtioconsole
