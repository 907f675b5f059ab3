package serial

// pending is the most urgent interrupt that is enabled and due, as IIR has it.
func (u *UART) pending() byte {
	switch {
	case u.ier&ierLine != 0 && u.overrun:
		return iirLine
	case u.ier&ierReceived != 0 && u.receive.n >= u.trigger():
		return iirReceived
	case u.ier&ierReceived != 0 && u.receive.n > 0:
		// The real part waits for four characters' time before it tells of a few bytes. Feed puts in all it has
		// before it interrupts, so waiting would only add latency.
		return iirTimeout
	case u.ier&ierTHRE != 0 && u.thre:
		return iirTHRE
	case u.ier&ierModem != 0 && u.msr&0x0f != 0:
		return iirModem
	}
	return iirNone
}

// interrupt drives the line. It calls the pin on real changes only, because each call is a system call.
//
// The ISA interrupt is edge triggered: the line must fall between two causes or the second is lost. It does: a handler
// reads IIR first, which clears THRE, and a cause that comes after that is a new edge.
func (u *UART) interrupt() {
	want := u.pending() != iirNone
	if want == u.line {
		return
	}
	u.line = want
	if u.irq != nil {
		u.irq.Set(want)
	}
}

// identify reads IIR. Telling of THRE acknowledges it.
func (u *UART) identify() byte {
	id := u.pending()
	if id == iirTHRE {
		u.thre = false
		u.interrupt()
	}
	if u.fcr&fcrEnable != 0 {
		id |= iirFIFO
	}
	return id
}

// enable writes IER. Enabling THRE while THR is empty is a cause: drivers start to send so.
func (u *UART) enable(v byte) {
	if v&^u.ier&ierTHRE != 0 && u.out.ready() {
		u.thre = true
	}
	u.ier = v & ierMask
	u.interrupt()
	u.changed.Broadcast()
}
