// Package guestimage makes the initial RAM file system of drydock run: this very binary as /init, its manifest, the
// kernel modules that a virtio guest needs, busybox, and the command with its libraries. It never boots anything.
package guestimage
