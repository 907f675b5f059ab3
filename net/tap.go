package net

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// VNetHdr says whether a tap's frames carry a virtio_net_hdr, which offloads need.
type VNetHdr int

const (
	VNetHdrAuto VNetHdr = iota // as the kernel, or the inherited descriptor, can
	VNetHdrOn                  // or fail
	VNetHdrOff
)

// TapConfig is what -netdev tap says.
type TapConfig struct {
	Name    string // ifname=; empty lets the kernel choose tapN
	Queues  int    // queues=; 0 is 1
	VNetHdr VNetHdr
	FDs     []int // fd= or fds=: open tap queues; then Name is ignored. The Tap owns them, also if OpenTap fails.
}

// Tap is a netdev by Linux's tap: each queue is a descriptor of /dev/net/tun, each frame one readv or writev.
//
// The caller brings the interface up; until then Send gives ErrLinkDown. A tap that was made before (ip tuntap add) stays
// when the Tap is closed, one that OpenTap made goes away.
type Tap struct {
	name     string
	links    []Link
	fds      []int
	vnetHdr  bool
	multi    bool // made with IFF_MULTI_QUEUE: only then can queues be detached
	attached int  // the first so many queues are attached
	can      Offload
}

// OpenTap makes or opens the tap and finds what it can carry. Errors name what the user can do.
//
// With VNetHdrOff and one queue the tap is opened through the water library: a plain tap, as every host and namespace has it.
func OpenTap(c TapConfig) (*Tap, error) {
	t, err := openQueues(c)
	if err != nil {
		return nil, err
	}
	if err := t.prepare(c.VNetHdr); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func openQueues(c TapConfig) (*Tap, error) {
	switch queues := max(c.Queues, 1); {
	case len(c.FDs) > 0:
		return inheritTap(c)
	case c.Queues < 0 || queues > maxTapQueues:
		return nil, fmt.Errorf("net: tap with %d queues: 1 to %d", c.Queues, maxTapQueues)
	case len(c.Name) >= unix.IFNAMSIZ:
		return nil, fmt.Errorf("net: tap %q: a Linux interface's name has at most %d bytes", c.Name, unix.IFNAMSIZ-1)
	case c.VNetHdr == VNetHdrOff && queues == 1:
		return openPlainTap(c.Name)
	default:
		return openTap(c.Name, queues, c.VNetHdr)
	}
}

// prepare brings the queues to a known state: little-endian headers of 10 bytes, no offload accepted, all queues attached.
func (t *Tap) prepare(want VNetHdr) error {
	switch {
	case want == VNetHdrOn && !t.vnetHdr:
		return fmt.Errorf("net: tap %s: vnet_hdr=on, but it is open without IFF_VNET_HDR: open it with vnet_hdr, or say vnet_hdr=off", t.name)
	case want == VNetHdrOff && t.vnetHdr:
		return fmt.Errorf("net: tap %s: vnet_hdr=off, but it is open with IFF_VNET_HDR: open it without, or say vnet_hdr=on", t.name)
	}
	for _, fd := range t.fds {
		t.links = append(t.links, &fdLink{fd})
	}
	t.attached = len(t.fds)
	if !t.vnetHdr {
		return nil
	}
	// Refused only by kernels without a big-endian choice, which on this machine are little-endian anyway.
	unix.IoctlSetPointerInt(t.fds[0], unix.TUNSETVNETLE, 1)
	t.can = probeOffloads(t.fds[0])
	return errors.Join(t.SetHeader(minHeaderLen), t.SetOffload(0))
}

// Name is the interface's name on the host.
func (t *Tap) Name() string { return t.name }

func (t *Tap) Links() []Link     { return t.links }
func (t *Tap) Offloads() Offload { return t.can }

// SetHeader: a tap with vnet_hdr has a header always, so 0 is an error there. The length is the interface's, not a queue's.
func (t *Tap) SetHeader(n int) error {
	if err := checkHeader(n, t.vnetHdr); err != nil {
		return err
	}
	if !t.vnetHdr {
		return nil
	}
	if n == 0 {
		return fmt.Errorf("net: tap %s: it is open with vnet_hdr, so every frame has a header: length 0 needs vnet_hdr=off", t.name)
	}
	if err := unix.IoctlSetPointerInt(t.fds[0], unix.TUNSETVNETHDRSZ, n); err != nil {
		return fmt.Errorf("net: tap %s: TUNSETVNETHDRSZ %d: %w", t.name, n, t.gone(err))
	}
	return nil
}

// SetQueues detaches and attaches by TUNSETQUEUE. What waits in a queue that is detached is lost.
func (t *Tap) SetQueues(n int) error {
	if err := checkQueues(n, len(t.links)); err != nil {
		return err
	}
	for ; t.attached < n; t.attached++ {
		if err := t.setQueue(t.attached, unix.IFF_ATTACH_QUEUE); err != nil {
			return err
		}
	}
	for ; t.attached > n; t.attached-- {
		if err := t.setQueue(t.attached-1, unix.IFF_DETACH_QUEUE); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the queues. A poll of one does not see it: the owner first ends who uses the links.
func (t *Tap) Close() error {
	var errs []error
	for _, fd := range t.fds {
		errs = append(errs, unix.Close(fd))
	}
	t.fds = nil
	return errors.Join(errs...)
}
