// Package rtc is the MC146818 clock and the 128 bytes of CMOS memory of a PC, in which firmware and kernels also look for the
// size of memory. It never knows how the host keeps time: it is given a clock. Alarm and periodic interrupts are not made; their
// registers are storage.
package rtc
