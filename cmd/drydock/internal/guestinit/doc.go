// Package guestinit is what Drydock's binary does as the first process of a guest of drydock run: it mounts the usual file
// systems, loads modules, brings up the network, runs one command, and hands its output and exit status back through a
// virtio console port, which kernel messages cannot garble (package runproto). Then it ends the machine.
//
// It never knows the machine that it runs in. It works on any Linux guest whose initramfs holds the binary as /init and
// a manifest (package guestimage packs both).
//
// Whatever goes wrong is said on the port if it is open, and on /dev/console in any case, and the machine powers off: a
// run that fails never hangs.
package guestinit
