package virtionet

const vqPairsSet = 0 // VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET (5.1.9.5.6)

// commandMQ sets how many queue pairs are in use. Once it returns, no frame goes to a pair that is not (5.1.9.5.6.2).
func (l *life) commandMQ(command byte, data *reader) bool {
	n, ok := data.uint16()
	if !ok || command != vqPairsSet || !l.features.Has(MQ) || n < 1 || int(n) > len(l.receivers) {
		return false
	}
	if err := l.cfg.Netdev.SetQueues(int(n)); err != nil {
		l.log.Error().Err(err).Uint16("pairs", n).Msg("virtionet: the netdev cannot change its queues")
		return false
	}
	l.active.Store(int32(n))
	for _, r := range l.receivers {
		r.waiter.wake()
	}
	for _, r := range l.receivers[n:] {
		r.settle()
	}
	return true
}

// settle returns when the frame that was on its way, if any, has arrived or been dropped. A receiver that is in use can wait
// with a frame for the driver, which waits for the answer to its command: only call it for one that is not.
func (r *receiver) settle() {
	r.turn.Lock()
	defer r.turn.Unlock()
}
