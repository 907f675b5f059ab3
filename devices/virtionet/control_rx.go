package virtionet

// Commands of VIRTIO_NET_CTRL_RX (5.1.9.5.1), each a switch of the filter.
var rxModes = [...]func(f *filter) *bool{
	0: func(f *filter) *bool { return &f.promisc },
	1: func(f *filter) *bool { return &f.allmulti },
	2: func(f *filter) *bool { return &f.alluni },
	3: func(f *filter) *bool { return &f.nomulti },
	4: func(f *filter) *bool { return &f.nouni },
	5: func(f *filter) *bool { return &f.nobcast },
}

// commandRX sets one switch by the first byte of data; what follows is ignored.
func (l *life) commandRX(command byte, data *reader) bool {
	var on [1]byte
	if !data.read(on[:]) || int(command) >= len(rxModes) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refilter(func(f *filter) { *rxModes[command](f) = on[0] != 0 })
	l.noticeFilter()
	return true
}
