// Package serial is a 16550A UART: what the guest writes goes to an io.Writer, what the host feeds comes out of the receive
// buffer. No byte is lost in either direction: a slow host holds back the transmitter, a slow guest holds back Feed. It never
// knows where the bytes come from or go to. Time does not exist for it: a byte takes none on the line, and the baud rate is a
// number that the guest may read back.
package serial
