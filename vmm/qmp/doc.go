// Package qmp is the server of QEMU's machine protocol (docs/interop/qmp-spec): JSON commands that look at a machine and change it
// while it runs, and the events that it sends. Commands are a table, a file for each group; what they do they ask of small
// interfaces. It never knows what a device is made of, nor who runs the machine.
//
// Names, shapes and error classes are those of QEMU 7.2; the words of an error say the same as QEMU's.
package qmp
