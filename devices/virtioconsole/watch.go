package virtioconsole

// Watch has f told each time that the guest says that it opens the port or closes it, be it news or not, and when a guest that had it
// open is gone, but not when the port is removed (QEMU's event VSERPORT_CHANGE). f must neither block nor call the port.
func (p *Port) Watch(f func(open bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watch = f
}

// IsOpen reports whether the guest has the port open. A driver without Multiport has it open as long as it runs.
func (p *Port) IsOpen() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

// guestOpen notes what the guest says of the port in one life. The port may be unplugged meanwhile: then it is no news.
func (p *Port) guestOpen(life *portLife, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life == life {
		p.tell(open)
	}
}

// tell needs mu.
func (p *Port) tell(open bool) {
	p.open = open
	if p.watch != nil {
		p.watch(open)
	}
}
