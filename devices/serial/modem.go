package serial

// modemControl writes MCR. In loopback its outputs are the inputs of MSR.
func (u *UART) modemControl(v byte) {
	u.mcr = v & mcrMask
	now := byte(msrConnected)
	if u.mcr&mcrLoop != 0 {
		now = u.mcr&mcrRTS<<3 | u.mcr&mcrDTR<<5 | u.mcr&mcrOut1<<4 | u.mcr&mcrOut2<<4
	}
	old := u.msr & 0xf0
	delta := (old ^ now) >> 4 &^ msrDeltaRI
	if old&msrRI != 0 && now&msrRI == 0 {
		delta |= msrDeltaRI
	}
	u.msr = now | u.msr&0x0f | delta
	u.interrupt()
	u.changed.Broadcast()
}

// modemStatus reads MSR, which forgets the deltas.
func (u *UART) modemStatus() byte {
	v := u.msr
	u.msr &= 0xf0
	u.interrupt()
	return v
}

// lineStatus reads LSR, which forgets errors.
func (u *UART) lineStatus() byte {
	var v byte
	if u.receive.n > 0 {
		v |= lsrData
	}
	if u.overrun {
		v |= lsrOverrun
		u.overrun = false
		u.interrupt()
	}
	if u.out.ready() {
		v |= lsrTHRE | lsrTEMT
	}
	return v
}
