// Package hostkernel finds a Linux kernel to boot, and the modules that belong to it: one that the user names, the host's
// own, or Debian's cloud kernel from a cache that Get fills through apt, without root. It never knows what a machine does with
// them, and loads nothing into memory but a header.
package hostkernel
