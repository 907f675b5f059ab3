package i8042

// Commands of the controller.
const (
	cmdReadMode            = 0x20
	cmdWriteMode           = 0x60
	cmdMouseOff            = 0xa7
	cmdMouseOn             = 0xa8
	cmdTestMouse           = 0xa9
	cmdSelfTest            = 0xaa
	cmdTestKeyboard        = 0xab
	cmdKeyboardOff         = 0xad
	cmdKeyboardOn          = 0xae
	cmdReadInput           = 0xc0
	cmdReadOutput          = 0xd0
	cmdWriteOutput         = 0xd1
	cmdWriteKeyboardBuffer = 0xd2
	cmdWriteMouseBuffer    = 0xd3
	cmdWriteMouse          = 0xd4
	cmdPulse               = 0xf0 // to 0xff: a clear bit of the low four pulses a line, bit 0 the CPU's reset
)

// Answers to tests.
const (
	selfTestPassed = 0x55
	keyboardWorks  = 0x00
	mouseAbsent    = 0x01 // its clock line is stuck low
)

// commandPort is 0x64.
type commandPort struct{ c *Controller }

// Read is the status register.
func (d commandPort) Read(_ uint64, p []byte) {
	c := d.c
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(p)
	p[0] = c.mode&modeSystem&statusSystem | statusLock
	if len(c.queue) > 0 {
		p[0] |= statusFull
	}
	if c.command {
		p[0] |= statusCommand
	}
}

func (d commandPort) Write(_ uint64, p []byte) {
	if d.c.execute(p[0]) {
		d.c.onReset()
	}
}

// execute reports whether the command pulsed the reset line.
func (c *Controller) execute(cmd byte) (reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.command = 0, true
	switch cmd {
	case cmdReadMode:
		c.put(false, c.mode)
	case cmdWriteMode, cmdWriteOutput, cmdWriteKeyboardBuffer, cmdWriteMouseBuffer, cmdWriteMouse:
		c.waiting = cmd
	case cmdMouseOff:
		c.mode |= modeNoMouse
	case cmdMouseOn:
		c.mode &^= modeNoMouse
	case cmdTestMouse:
		c.put(false, mouseAbsent)
	case cmdSelfTest:
		c.mode |= modeSystem
		c.put(false, selfTestPassed)
	case cmdTestKeyboard:
		c.put(false, keyboardWorks)
	case cmdKeyboardOff:
		c.mode |= modeNoKey
	case cmdKeyboardOn:
		c.mode &^= modeNoKey
	case cmdReadInput:
		c.put(false, 0x80) // keyboard not inhibited
	case cmdReadOutput:
		c.put(false, c.output)
	default:
		reset = cmd >= cmdPulse && cmd&1 == 0
	}
	c.interrupt()
	return reset
}
