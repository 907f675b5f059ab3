// Package virtioconsole is the virtio console device (virtio 1.4, 5.3) with ports, as QEMU's virtio-serial with virtserialport and
// virtconsole has it: byte streams between a guest, where they are /dev/virtio-ports/NAME or /dev/hvc0, and the host, where a Port
// is an io.ReadWriteCloser. It never knows what the bytes mean, transports, or interrupts.
//
// Nothing is buffered in between. A buffer that the guest sent is used when the host has read all of it, and a Write of
// the host returns when the guest's buffers have taken all of it: each side feels the other's pace, and neither can make us
// hold memory. Each port has queues of its own, so that one that nobody reads stops no other.
//
// Ports come and go while a driver runs (Device.Add, Device.Remove). A port is connected, from the guest's view, while somebody
// on the host is (Port.SetConnected, Port.Attach); what is sent to one that is not is dropped, as QEMU drops it. So is what is
// sent to number 0 where there is no console: drivers without VIRTIO_CONSOLE_F_MULTIPORT take it for one.
package virtioconsole
