// Package i8042 is the keyboard controller of a PC, as far as a machine without a keyboard needs it: a guest can reset the machine
// through it, and a driver that looks for keyboard and mouse gets an answer to each question at once, because each silence costs
// it half a second. The keyboard answers and never types; there is no mouse. It never knows what a reset is.
package i8042
