// Package net is the host's side of a NIC: links that move Ethernet frames straight between the host and memory that they
// are given, and the kinds of link there are (tap, stream, in memory, none; the user-mode network and the capture are in
// net/usernet and net/capture, for what they import is large). It never knows virtio queues or guests; the virtio_net_hdr it
// knows is the one of Linux's tap.
//
// The standard package is imported as stdnet where both are needed.
package net
