// Package qtest is the server of QEMU's qtest protocol (softmmu/qtest.c, tests/qtest/libqtest.c): lines of text by which a client
// makes the accesses that a CPU would make, moves the clock, and hears of interrupts. It speaks to one client and knows a machine
// by three small interfaces; it never knows what answers an access.
//
// Each line is a command and its words, with numbers as C writes them, and gets one line back: OK with a value, or FAIL with the
// reason. Once interrupts are intercepted, lines of the form "IRQ raise N" and "IRQ lower N" come between.
package qtest
