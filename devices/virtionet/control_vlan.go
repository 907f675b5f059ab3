package virtionet

// Commands of VIRTIO_NET_CTRL_VLAN (5.1.9.5.3).
const (
	vlanAdd = 0
	vlanDel = 1
)

func (l *life) commandVLAN(command byte, data *reader) bool {
	id, ok := data.uint16()
	if !ok || id >= maxVLAN || command > vlanDel {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refilter(func(f *filter) { f.setVLAN(id, command == vlanAdd) })
	l.noticeFilter()
	return true
}
