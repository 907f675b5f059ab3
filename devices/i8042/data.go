package i8042

// dataPort is 0x60.
type dataPort struct{ c *Controller }

// Read takes the next byte; an empty buffer reads as zero.
func (d dataPort) Read(_ uint64, p []byte) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(p)
	if len(c.queue) == 0 {
		return
	}
	p[0] = c.queue[0]
	c.queue, c.fromKey = c.queue[1:], c.fromKey[1:]
	if c.level {
		c.level = false
		if c.irq != nil {
			c.irq.Set(false)
		}
	}
	c.interrupt()
}

// Write is the parameter of a command, or a byte for the keyboard.
func (d dataPort) Write(_ uint64, p []byte) {
	if d.c.data(p[0]) {
		d.c.onReset()
	}
}

// data reports whether the byte pulled the reset line.
func (c *Controller) data(v byte) (reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.waiting
	c.waiting, c.command = 0, false
	switch waiting {
	case cmdWriteMode:
		c.mode = v
	case cmdWriteOutput:
		c.output = v
		reset = v&outputRun == 0
	case cmdWriteKeyboardBuffer:
		c.put(true, v)
	case cmdWriteMouseBuffer:
		// Without the status bit that says "mouse": Linux knows then that there is no port for one.
		c.put(false, v)
	case cmdWriteMouse:
	default:
		c.mode &^= modeNoKey // sending switches the keyboard's clock on
		c.put(true, c.keyboard.answer(v)...)
	}
	c.interrupt()
	return reset
}
