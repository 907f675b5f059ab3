package pci

// PIRQs is how many lines the south bridge joins the INTx pins of all slots to.
const PIRQs = 4

const regPIRQRC = 0x60 // PIRQA to PIRQD route control (82371SB), a byte each

// OnRoute is called with the bytes of PIRQRC, at once and whenever the guest writes them, from the guest's access. A byte is the ISA
// interrupt that its line goes to; above 15 it is none (QEMU: PIIX_NUM_PIC_IRQS). Only the last function given is called. It is given
// after AttachPIIX, while nobody makes accesses.
func (r *Root) OnRoute(fn func(pirqrc [PIRQs]byte)) {
	r.onRoute = fn
	var now [PIRQs]byte
	r.Function(1, 0).ReadConfig(regPIRQRC, now[:])
	fn(now)
}

func (r *Root) routed(pirqrc []byte) {
	if r.onRoute != nil {
		r.onRoute([PIRQs]byte(pirqrc))
	}
}
