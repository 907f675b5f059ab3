// Package virtiotest is the driver's side of virtio, for tests: guest memory, split and packed rings as a driver keeps them,
// the ways in which real drivers post receive buffers, and a harness that runs a virtio.Device on them. It needs no KVM and
// knows no transport and no device type.
//
// A test of a device reads like a driver:
//
//	h := virtiotest.Start(t, dev, features, virtiotest.Options{})
//	rx := virtiotest.NewReceiver(h.Queue(0), virtiotest.LinuxMergeable, 12)
//	rx.Fill()
//	... send a frame into the device's link ...
//	f := rx.Receive(time.Second)
//
// The features decide how a ring looks: with RING_PACKED it is packed, and nothing else of a test changes.
//
// While it runs, the rings check what a driver can see of a device: it writes no descriptor but those that it uses, no
// available ring and no readable buffer, uses what was made available, once, in order where that was negotiated, and claims
// no more bytes than there are. What is wrong is a t.Error with the section of virtio 1.4.
//
// One goroutine at a time may use a Ring or a Receiver. Whatever the test does wrong itself (a full ring, no more memory) is
// a t.Fatal, so that goroutine is the test's own.
package virtiotest
