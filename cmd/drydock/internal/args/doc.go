// Package args is Drydock's command line: QEMU's options, as far as Drydock has what they speak of, with QEMU's names,
// defaults and value syntax. It turns words into plain data and opens nothing.
//
// Options that name one another (-device and the -netdev it is on, which may come later) are collected as they were written,
// in Machine.Lists, by group. Machine.Check decodes them when all have been read, one stage after the other, so that what is
// named is there before what names it. -global gives properties to all devices of a type before their own are read; -set
// changes a list that was written before it.
//
// A -device type is one line in deviceTypes and a file of its own. Its struct embeds Function (what all virtio functions on PCI
// have in common) or Ident, and has two methods: props, which gives each property its setter and begins with Function.props, and
// check, which looks at the whole when all properties have been read, and at what they name. Package assemble makes the device
// of it, likewise with one line in a table and a file of its own. An -object kind is one line in objectTypes.
//
// What is not QEMU's: host_features= and guest_features= (which bits exactly are offered, and which of them a driver gets to see) of
// every virtio function; profile= (the devices of the field, in profile.go) and any_queue_size= of a NIC.
package args
