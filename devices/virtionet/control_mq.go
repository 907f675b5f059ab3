package virtionet

// Commands of VIRTIO_NET_CTRL_MQ (5.1.9.5.6, 5.1.9.5.7).
const (
	vqPairsSet = 0
	rssConfig  = 1
	hashConfig = 2
)

// commandMQ sets how many queue pairs are in use, and how frames find theirs. Whatever the command and its outcome, the steering
// that was is gone (QEMU's virtio_net_handle_mq).
func (l *life) commandMQ(command byte, data *reader) bool {
	l.steering.Store(nil)
	switch {
	case command == vqPairsSet && l.features.Has(MQ):
		n, ok := data.uint16()
		return ok && l.setPairs(n)
	case command == rssConfig && l.features.Has(RSS):
		return l.setSteering(data, true)
	case command == hashConfig && l.features.Has(HashReport):
		return l.setSteering(data, false)
	}
	return false
}

func (l *life) setSteering(data *reader, redirects bool) bool {
	s, pairs, err := l.readSteering(data, redirects)
	if err != nil {
		l.log.Debug().Err(err).Msg("virtionet: steering refused")
		return false
	}
	l.steering.Store(s)
	return !redirects || l.setPairs(pairs)
}

// setPairs: once it returns, no frame goes to a pair that is not in use (5.1.9.5.6.2).
func (l *life) setPairs(n uint16) bool {
	if n < 1 || int(n) > len(l.receivers) {
		return false
	}
	if err := l.cfg.Netdev.SetQueues(int(n)); err != nil {
		l.log.Error().Err(err).Uint16("pairs", n).Msg("virtionet: the netdev cannot change its queues")
		return false
	}
	l.active.Store(int32(n))
	l.wakeReceivers()
	for _, r := range l.receivers {
		r.settle()
	}
	return true
}

func (l *life) wakeReceivers() {
	for _, r := range l.receivers {
		r.waiter.wake()
	}
}
