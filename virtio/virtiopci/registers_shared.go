package virtiopci

// Registers that both interfaces have. The caller holds mu.

func (t *Transport) readStatus() uint32       { return t.status.Load() }
func (t *Transport) readQueueSelect() uint32  { return t.queueSelect }
func (t *Transport) readQueueSize() uint32    { return uint32(t.sizeOf(t.queueSelect)) }
func (t *Transport) readConfigVector() uint32 { return t.configVector.Load() }
func (t *Transport) readQueueVector() uint32  { return t.selected().vector.Load() }

func (t *Transport) setConfigVector(v uint32) { t.useVector(&t.configVector, v) }
func (t *Transport) setQueueVector(v uint32)  { t.useVector(&t.selected().vector, v) }

// setQueueSelect ignores what QEMU has no queue for.
func (t *Transport) setQueueSelect(v uint32) {
	if v < maxQueues {
		t.queueSelect = v
	}
}

func (t *Transport) readQueueEnable() uint32 {
	if t.selected().enabled {
		return 1
	}
	return 0
}
