package virtionet

const announceAck = 0 // VIRTIO_NET_CTRL_ANNOUNCE_ACK (5.1.9.5.4)

// commandAnnounce ends an announcement that stands in the status field; it is an error if none does.
func (l *life) commandAnnounce(command byte, _ *reader) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if command != announceAck || l.status&statusAnnounce == 0 {
		return false
	}
	l.putStatus(l.status &^ statusAnnounce)
	return true
}
