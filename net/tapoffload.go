package net

import (
	"fmt"

	"golang.org/x/sys/unix"
)

const (
	offloadTSO = OffloadTSO4 | OffloadTSO6
	offloadUSO = OffloadUSO4 | OffloadUSO6
)

// probeOffloads asks the kernel one group after the other; older ones answer EINVAL to UFO (6.x before it came back) and USO
// (before 6.2). Segmentation needs checksums, so without them there is nothing.
func probeOffloads(fd int) Offload {
	var can Offload
	for _, group := range []Offload{OffloadCsum, offloadTSO | OffloadECN, OffloadUFO, offloadUSO} {
		if setTapOffload(fd, can|group) == nil {
			can |= group
		}
		if !can.Has(OffloadCsum) {
			break
		}
	}
	return can
}

func setTapOffload(fd int, o Offload) error { return unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, int(o)) }

// SetOffload tells the kernel what the guest accepts (TUNSETOFFLOAD); the kernel completes checksums and segments for what it
// does not. Bits that need another that is missing are left out, which is allowed: the kernel then resolves more.
func (t *Tap) SetOffload(o Offload) error {
	if err := checkOffload(o, t.can); err != nil {
		return err
	}
	if !t.vnetHdr {
		return nil
	}
	if err := setTapOffload(t.fds[0], tapOffload(o)); err != nil {
		return fmt.Errorf("net: tap %s: TUNSETOFFLOAD %v: %w", t.name, o, t.gone(err))
	}
	return nil
}

// tapOffload is the greatest part of o that the kernel's rules allow: all need checksums, ECN needs a TSO, and the kernel
// knows both USO as one feature.
func tapOffload(o Offload) Offload {
	if !o.Has(OffloadCsum) {
		return 0
	}
	if o&offloadTSO == 0 {
		o &^= OffloadECN
	}
	if !o.Has(offloadUSO) {
		o &^= offloadUSO
	}
	return o
}

// setQueue attaches or detaches one queue. A tap made without IFF_MULTI_QUEUE has one, which stays.
func (t *Tap) setQueue(i int, flag uint16) error {
	if !t.multi {
		return nil
	}
	req, err := unix.NewIfreq(t.name)
	if err != nil {
		return err
	}
	req.SetUint16(flag)
	if err := unix.IoctlIfreq(t.fds[i], unix.TUNSETQUEUE, req); err != nil {
		return fmt.Errorf("net: tap %s: queue %d: TUNSETQUEUE %#x: %w", t.name, i, flag, t.gone(err))
	}
	return nil
}
