package virtionet

// Commands of VIRTIO_NET_CTRL_MAC (5.1.9.5.2).
const (
	macTableSet = 0
	macAddrSet  = 1
)

const macLen = 6

func (l *life) commandMAC(command byte, data *reader) bool {
	switch command {
	case macTableSet:
		return l.setMACTable(data)
	case macAddrSet:
		return l.setMACAddr(data)
	}
	return false
}

// setMACAddr takes exactly one address. The driver can read it back before the command is used (5.1.9.5.2.1); it gets no
// configuration interrupt for its own doing.
func (l *life) setMACAddr(data *reader) bool {
	var own mac
	if data.left != macLen || !data.read(own[:]) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config.Put(configMAC, own[:])
	l.setMAC(own)
	l.noticeFilter()
	return true
}

// setMACTable replaces the table by a unicast and a multicast list. A list that does not fit is forgotten, and all of its kind
// passes (QEMU's virtio_net_handle_mac).
func (l *life) setMACTable(data *reader) bool {
	var t filter
	ok := t.appendList(data, &t.uniOverflow)
	t.firstMulti = t.inUse
	if !ok || !t.appendList(data, &t.mulOverflow) || data.left != 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refilter(func(f *filter) {
		f.table, f.inUse, f.firstMulti = t.table, t.inUse, t.firstMulti
		f.uniOverflow, f.mulOverflow = t.uniOverflow, t.mulOverflow
	})
	l.noticeFilter()
	return true
}

// appendList reads a count and as many addresses into what is left of the table.
func (f *filter) appendList(data *reader, overflow *bool) bool {
	n, ok := data.uint32()
	if !ok || uint64(n)*macLen > data.left {
		return false
	}
	if uint64(n) > uint64(macTableEntries-f.inUse) {
		*overflow = true
		return data.skip(uint64(n) * macLen)
	}
	for range n {
		data.read(f.table[f.inUse][:])
		f.inUse++
	}
	return true
}
