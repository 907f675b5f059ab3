package virtiopci

import "maps"

// A Doorbell is a guest address at which a write is a kick: an ioeventfd.
type Doorbell struct {
	IO    bool   // a port, not memory
	Addr  uint64 // guest-physical
	Size  int    // of the write in bytes; 0: any (KVM_CAP_IOEVENTFD_ANY_LENGTH)
	Match bool   // only writes of Value
	Value uint64
	FD    int // the eventfd to signal
}

// A Notifier makes doorbells ring without a register access. Its methods are called from vCPUs and from goroutines of the
// transport, for one transport by one at a time; Detach gets what Attach got. A doorbell that cannot be attached is no
// fault: the register does the same, slower.
type Notifier interface {
	Attach(Doorbell) error
	Detach(Doorbell) error
}

// doorbells are those that are attached, by what was wanted: a notifier that cannot attach any size has one of two bytes.
type doorbells struct {
	attached map[Doorbell]Doorbell
	bars     [6]mapping
}

// A mapping is where a BAR answers.
type mapping struct {
	addr uint64
	ok   bool
}

// mapped makes the callback of a BAR that holds a notification address.
func (t *Transport) mapped(bar int) func(addr uint64, ok bool) {
	return func(addr uint64, ok bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.doorbells.bars[bar] = mapping{addr, ok}
		t.moveDoorbells()
	}
}

// moveDoorbells makes the attached doorbells those that are wanted now: every queue of the running session has one at each
// address of its interface that is mapped. The caller holds mu.
func (t *Transport) moveDoorbells() {
	if t.cfg.Notifier == nil {
		return
	}
	wanted := t.wantedDoorbells()
	maps.DeleteFunc(t.doorbells.attached, func(want, have Doorbell) bool {
		if wanted[want] {
			return false
		}
		if err := t.cfg.Notifier.Detach(have); err != nil {
			t.log.Warn().Err(err).Uint64("addr", have.Addr).Msg("virtiopci: cannot detach a queue's notification address")
		}
		return true
	})
	for d := range wanted {
		if _, ok := t.doorbells.attached[d]; !ok {
			t.attach(d)
		}
	}
}

func (t *Transport) attach(want Doorbell) {
	have := want
	err := t.cfg.Notifier.Attach(have)
	if err != nil && have.Size == 0 {
		have.Size = 2 // what drivers write, if the machine must be told
		err = t.cfg.Notifier.Attach(have)
	}
	if err != nil {
		t.log.Warn().Err(err).Uint64("addr", want.Addr).Msg("virtiopci: cannot attach a queue's notification address; kicks take the slow path")
		return
	}
	if t.doorbells.attached == nil {
		t.doorbells.attached = make(map[Doorbell]Doorbell)
	}
	t.doorbells.attached[want] = have
}

func (t *Transport) wantedDoorbells() map[Doorbell]bool {
	if t.life == nil {
		return nil
	}
	wanted := make(map[Doorbell]bool)
	for i := range t.sizes {
		if !t.uses(i) {
			continue
		}
		for _, d := range t.doorbellsOf(uint64(i)) {
			wanted[d] = true
		}
	}
	return wanted
}

// doorbellsOf are the addresses of one queue on the interface that the driver uses.
func (t *Transport) doorbellsOf(i uint64) (ds []Doorbell) {
	fd := t.kicks[i].fd()
	if m := t.doorbells.bars[barLegacy]; m.ok && t.life.session.Legacy {
		ds = append(ds, Doorbell{IO: true, Addr: m.addr + legacyQueueNotify, Size: 2, Match: true, Value: i, FD: fd})
	}
	if t.life.session.Legacy {
		return ds
	}
	if m := t.doorbells.bars[barModern]; m.ok {
		ds = append(ds, Doorbell{Addr: m.addr + notifyBase + i*t.stride(), FD: fd})
	}
	if m := t.doorbells.bars[barPIONotify]; m.ok {
		ds = append(ds, Doorbell{IO: true, Addr: m.addr, Size: 2, Match: true, Value: i, FD: fd})
	}
	return ds
}
