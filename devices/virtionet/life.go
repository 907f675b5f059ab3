package virtionet

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// A life is what the device knows of one driver, from DRIVER_OK to reset. Nothing of it outlives Run, so that a reset can
// forget nothing but what stands in the configuration space (Device.reset).
type life struct {
	*Device
	session  *virtio.Session
	features virtio.Features
	frame    framing
	offload  net.Offload // what the features allow the driver to accept

	tuned        atomic.Bool // the netdev fits it
	receivers    []*receiver
	transmitters []*transmitter

	router *router // of receivers; nil if each is served with its own queue

	active   atomic.Int32             // queue pairs in use (VQ_PAIRS_SET)
	filter   atomic.Pointer[filter]   // never changed in place; writers hold mu
	steering atomic.Pointer[steering] // nil: a frame stays with its link's pair, and nothing is hashed
	rscOn    atomic.Uint32            // rscKinds
}

// framing is how frames lie in this driver's buffers.
type framing struct {
	header int  // length of virtio_net_hdr
	own    bool // the link has no headers: the device writes and reads them itself
	merge  bool // a received frame may spread over several buffers
	num    bool // the header has num_buffers
	hash   bool // the header has hash_value and hash_report
	csum   bool // the driver accepts flags in received headers
	gso    gsoSet
	mtu    int // longest payload of a frame that is no GSO frame; 0 if that was not negotiated
}

// begin makes what serves a driver that accepted the session's features.
func (d *Device) begin(s *virtio.Session) (*life, error) {
	f := s.Features
	l := &life{Device: d, session: s, features: f, frame: d.framing(f), offload: acceptedOffload(f)}
	l.active.Store(1)
	l.setRSC(f)
	if err := l.build(d.pairs(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("virtionet: %w", err), l.close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	l.filter.Store(d.currentFilter())
	d.life = l
	return l, nil
}

// end forgets the driver.
func (d *Device) end(l *life) {
	if err := l.untune(); err != nil {
		d.log.Debug().Err(err).Msg("virtionet: the netdev cannot be told that its driver is gone")
	}
	for _, r := range l.receivers {
		r.abandon()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life, d.ended = nil, l.filter.Load()
	if err := l.close(); err != nil {
		d.log.Error().Err(err).Msg("virtionet: closing the event descriptors")
	}
}

func (d *Device) framing(f virtio.Features) framing {
	fr := framing{
		header: headerLen(f),
		own:    d.cfg.Netdev.Offloads() == 0,
		merge:  f.Has(MrgRxbuf),
		csum:   f.Has(GuestCsum),
		gso:    acceptedGSO(f),
	}
	fr.num, fr.hash = fr.header >= mergedHeaderLen, fr.header >= hashHeaderLen
	if f.Has(MTU) {
		fr.mtu = int(d.cfg.MTU)
	}
	return fr
}

// tune makes the netdev fit what the driver accepted: queues, header and offloads. io.EOF says that the netdev is gone.
func (l *life) tune() error {
	if err := l.fitNetdev(); err != nil {
		return err
	}
	l.tuned.Store(true)
	return nil
}

func (l *life) fitNetdev() error {
	if err := l.cfg.Netdev.SetQueues(1); err != nil {
		return err
	}
	if l.frame.own {
		return l.cfg.Netdev.SetHeader(0)
	}
	if err := l.cfg.Netdev.SetHeader(l.frame.header); err != nil {
		return err
	}
	return l.cfg.Netdev.SetOffload(l.offload)
}

// untune makes the netdev as it is for a driver that accepts nothing, as QEMU does at reset: frames that come before the next
// driver is ready are for whichever that is, and have whole checksums and no segments to be cut.
func (l *life) untune() error {
	if l.frame.own {
		return l.cfg.Netdev.SetQueues(1)
	}
	return errors.Join(l.cfg.Netdev.SetQueues(1), l.cfg.Netdev.SetOffload(0))
}

func (l *life) build(pairs int) error {
	if l.features.Has(RSS) && pairs > 1 {
		l.router = &router{life: l, needs: make([]need, pairs)}
	}
	for i := range pairs {
		rx, tx := l.newReceiver(i), newTransmitter(l, i)
		l.receivers, l.transmitters = append(l.receivers, rx), append(l.transmitters, tx)
	}
	var errs []error
	for _, w := range l.waiters() {
		errs = append(errs, w.open())
	}
	return errors.Join(errs...)
}

// newReceiver makes that of a pair. Those of a router sleep as one, and have one turn.
func (l *life) newReceiver(pair int) *receiver {
	if rt := l.router; rt != nil {
		r := newReceiver(l, pair, &rt.waiter, &rt.turn)
		r.routed = true
		return r
	}
	return newReceiver(l, pair, new(waiter), new(turn))
}

// waiters are those of all goroutines.
func (l *life) waiters() (all []*waiter) {
	if l.router != nil {
		all = append(all, &l.router.waiter)
	}
	for i, tx := range l.transmitters {
		all = append(all, &tx.waiter)
		if l.router == nil {
			all = append(all, l.receivers[i].waiter)
		}
	}
	return all
}

func (l *life) close() error {
	var errs []error
	for _, w := range l.waiters() {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// serve registers what serves each queue.
func (l *life) serve() {
	for i := range l.receivers {
		receive := l.receivers[i].serve
		if l.router != nil {
			receive = l.router.lend(l.receivers[i].own)
		}
		l.session.Serve(2*i, receive)
		l.session.Serve(2*i+1, l.transmitters[i].serve)
	}
	l.session.Serve(2*len(l.receivers), (&controller{life: l}).serve)
}

// serving says whether a queue pair is in use.
func (l *life) serving(pair int) bool { return pair < int(l.active.Load()) }

// setMAC changes the address that the filter lets through. Needs mu.
func (l *life) setMAC(mac [6]byte) {
	l.refilter(func(f *filter) { f.mac = mac })
}

// refilter replaces the filter by a changed copy. Needs mu.
func (l *life) refilter(change func(*filter)) {
	f := *l.filter.Load()
	change(&f)
	l.filter.Store(&f)
}

// lost is for a link whose other end is gone for good: to the driver it is a cable that was pulled.
func (l *life) lost(pair int, err error) {
	if l.up.Load() {
		l.log.Warn().Err(err).Int("pair", pair).Msg("virtionet: the netdev is gone; the link goes down")
	}
	l.SetLink(false)
}
