package virtiopci

// Available buffer notifications (4.1.4.4): each path here ends in a queue's eventfd, and none takes the mutex.

func (t *Transport) notify(queue uint64) {
	if queue < uint64(len(t.kicks)) && !t.broken.Load() {
		t.kicks[queue].signal()
	}
}

// notifyRegion is the notification structure in BAR4: the address says which queue, the value is not looked at:
// neither the queue's number nor VIRTIO_F_NOTIFICATION_DATA's offset.
func (t *Transport) notifyRegion() region {
	return region{write: func(off uint64, _ int, _ uint32) { t.notify(off / t.stride()) }}
}

// pioNotifyRegion is BAR2 with modern-pio-notify: one port, the value says which queue. With VIRTIO_F_NOTIFICATION_DATA that is
// its lower half; the upper says how far the driver has got (4.1.5.2.1), which the ring says too.
func (t *Transport) pioNotifyRegion() region {
	return region{write: func(_ uint64, _ int, v uint32) {
		if t.notificationData.Load() {
			v &= 0xffff
		}
		t.notify(uint64(v))
	}}
}

// legacyNotify is a write of queue_notify. A legacy driver may use a queue before DRIVER_OK (3.1.2), so that its first
// kick starts the device, as QEMU's start_on_kick does.
func (t *Transport) legacyNotify(v uint32) {
	t.notify(uint64(v))
	if !t.started.Load() {
		t.startOnKick(v)
	}
}

func (t *Transport) startOnKick(queue uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	bound := t.status.Load()&statusDriver != 0 && !t.modernDriver()
	if bound && queue < uint32(len(t.sizes)) && t.queues[queue].ring.desc != 0 {
		t.start()
	}
}
