package virtiopci

// Pause makes the device let go of guest memory, as the stop of a machine does (QMP stop): every queue is taken from the running
// session. When it returns nothing of the device touches a ring or a buffer. The session itself lives on, and with it what the
// driver told the device: filter, offloads, active queue pairs. Register accesses work meanwhile; kicks are remembered. A
// second Pause does nothing. Any goroutine may call it.
func (t *Transport) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused {
		return
	}
	t.paused = true
	for i := range t.sizes {
		t.suspend(i)
	}
}

// Resume gives the queues back to the device, which goes on where it stopped, in a session that a driver began meanwhile too.
func (t *Transport) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.paused {
		return
	}
	t.paused = false
	for i := range t.sizes {
		t.resume(i)
	}
	t.moveDoorbells()
}
