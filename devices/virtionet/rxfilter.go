package virtionet

// RxFilter is what the receive filter is set to, in the shape of QMP's query-rx-filter.
type RxFilter struct {
	MAC         [6]byte
	Promiscuous bool

	// Multicast, Unicast and VLAN are what passes of each kind.
	Multicast, Unicast, VLAN RxState

	// BroadcastAllowed is true while the driver has set NOBCAST: QEMU's virtio_net_query_rxfilter gives the switch itself under this
	// name, and so do we.
	BroadcastAllowed bool

	MulticastOverflow, UnicastOverflow bool

	// The tables are listed from the last entry to the first, as QEMU does.
	MulticastTable, UnicastTable [][6]byte
	VLANTable                    []uint16
}

// RxState is QMP's type of that name.
type RxState string

const (
	RxNormal RxState = "normal" // by the table
	RxNone   RxState = "none"
	RxAll    RxState = "all"
)

// RxFilter returns the filter of the driver, or what it begins with if it is not ready. It arms the notification of the next change
// (OnRxFilterChanged). Any goroutine may call it.
func (d *Device) RxFilter() RxFilter {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.filterArmed = true
	out := d.currentFilter().export()
	switch {
	case !d.accepted.Has(CtrlVLAN):
		out.VLAN = RxAll
	case len(out.VLANTable) == 0:
		out.VLAN = RxNone
	default:
		out.VLAN = RxNormal
	}
	return out
}

// currentFilter is that of the driver that is ready, or was until it broke the device, or of one that will be. Needs mu.
func (d *Device) currentFilter() *filter {
	if d.life != nil {
		return d.life.filter.Load()
	}
	f := newFilter(d.currentMAC(), d.accepted)
	if d.ended != nil {
		*f = *d.ended
		f.mac = d.currentMAC()
	}
	return f
}

// OnRxFilterChanged has f called when the driver changes the filter: once, until RxFilter is called again (QMP's event
// NIC_RX_FILTER_CHANGED, which would come for each of many commands). f must not block, nor call the device.
func (d *Device) OnRxFilterChanged(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.filterChanged = f
}

// noticeFilter is called for each command that was obeyed. Needs mu.
func (d *Device) noticeFilter() {
	if d.filterArmed && d.filterChanged != nil {
		d.filterArmed = false
		d.filterChanged()
	}
}

func (f *filter) export() RxFilter {
	return RxFilter{
		MAC:               f.mac,
		Promiscuous:       f.promisc,
		Multicast:         rxState(f.nomulti, f.allmulti),
		Unicast:           rxState(f.nouni, f.alluni),
		BroadcastAllowed:  f.nobcast,
		MulticastOverflow: f.mulOverflow,
		UnicastOverflow:   f.uniOverflow,
		MulticastTable:    reversed(f.table[f.firstMulti:f.inUse]),
		UnicastTable:      reversed(f.table[:f.firstMulti]),
		VLANTable:         f.vlanTable(),
	}
}

func rxState(none, all bool) RxState {
	switch {
	case none:
		return RxNone
	case all:
		return RxAll
	}
	return RxNormal
}

func reversed(table []mac) (out [][6]byte) {
	for i := len(table) - 1; i >= 0; i-- {
		out = append(out, table[i])
	}
	return out
}

func (f *filter) vlanTable() (out []uint16) {
	for id := maxVLAN - 1; id >= 0; id-- {
		if f.hasVLAN(uint16(id)) {
			out = append(out, uint16(id))
		}
	}
	return out
}
