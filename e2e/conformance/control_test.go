package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var controlSentences = []sentence{
	described("5.1.9.5", everywhere, "answers a command with OK or ERR in one byte", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		n.equal("a command that exists", uint64(n.command(rxClass, rxPromisc, 0)), ackOK)
		n.equal("a class that does not exist", uint64(n.command(200, 0, 0)), ackErr)
		n.equal("a command that does not exist", uint64(n.command(rxClass, 200, 0)), ackErr)
		n.equal("a command without its data", uint64(n.command(rxClass, rxPromisc)), ackErr)
	}),
	described("5.1.9.5", everywhere, "says that it has written one byte, however long the buffer is", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		at := n.ram().Alloc(64, 1)
		n.cq().Add(append(readable(n.ram(), []byte{rxClass, rxPromisc, 1}), virtiotest.Writable(at, 64))...)
		n.cq().Kick()
		n.equal("length", uint64(n.cq().Wait(patience).Len), 1)
	}),
	survives("5.1.9.5", everywhere, "comes to no harm by a command without room for the answer", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		n.cq().Add(readable(n.ram(), []byte{rxClass, rxPromisc, 1})...)
		n.cq().Kick()
		n.startNIC()
		n.works()
	}),
	described("5.1.9.5.4", everywhere, "asks for an announcement in status, with a notification", func(e *env) {
		n := e.nic()
		n.startVectors(CtrlVQ, GuestAnnounce, Status)
		n.settle()
		n.device.Announce()
		n.eventually("a notification", func() bool { return n.messages(0) == 1 })
		n.equal("status", n.deviceConfig(configStatus, 2), linkUp|announce)
	}),
	must("5.1.9.5.4.2", everywhere, "has cleared ANNOUNCE in status when ANNOUNCE_ACK is used", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, GuestAnnounce, Status)
		for range 20 {
			n.device.Announce()
			n.equal("status", n.deviceConfig(configStatus, 2), linkUp|announce)
			n.obeyed(announceClass, 0)
			n.equal("status", n.deviceConfig(configStatus, 2), linkUp)
		}
	}),
	described("5.1.9.5.4", everywhere, "asks no driver for an announcement that has not accepted GUEST_ANNOUNCE", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, Status)
		n.device.Announce()
		n.equal("status", n.deviceConfig(configStatus, 2), linkUp)
	}),
	described("5.1.9.5.9", everywhere, "changes the offloads of received frames by GUEST_OFFLOADS_SET", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlGuestOffloads, GuestCsum, GuestTSO4)
		n.obeyed(offloadClass, 0, le64(0)...)
		n.equal("offloads", uint64(n.netdev.Accepted()), 0)
		n.obeyed(offloadClass, 0, le64(1<<GuestCsum|1<<GuestTSO4)...)
		n.equal("offloads", uint64(n.netdev.Accepted()), uint64(net.OffloadCsum|net.OffloadTSO4))
	}),
	described("5.1.9.5.9", everywhere, "refuses offloads that were not negotiated", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlGuestOffloads, GuestCsum, GuestTSO4)
		n.equal("answer", uint64(n.command(offloadClass, 0, le64(1<<GuestCsum|1<<GuestTSO6)...)), ackErr)
		n.equal("offloads", uint64(n.netdev.Accepted()), uint64(net.OffloadCsum|net.OffloadTSO4))
	}),
	must("5.1.9.5.9.3", legacy, "takes the offloads in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlGuestOffloads, GuestCsum, GuestTSO6)
		n.obeyed(offloadClass, 0, 1<<GuestCsum, 1<<(GuestTSO6-8), 0, 0, 0, 0, 0, 0)
		n.equal("offloads", uint64(n.netdev.Accepted()), uint64(net.OffloadCsum|net.OffloadTSO6))
	}),
	described("5.1.9.8", legacy, "takes a command in descriptors of 2 bytes, of its data, and of 1 byte, without ANY_LAYOUT", func(e *env) {
		n := e.nic(without(virtio.AnyLayout))
		n.startNIC(CtrlVQ, CtrlRX)
		n.obeyed(rxClass, rxPromisc, 1)
	}),
	described("5.1.9.8", legacy, "takes the two tables of MAC_TABLE_SET in a descriptor each, without ANY_LAYOUT", func(e *env) {
		n := e.nic(without(virtio.AnyLayout))
		n.startNIC(CtrlVQ, CtrlRX)
		r := n.receiver(virtiotest.EDK2)
		n.obeyed(rxClass, rxPromisc, 0)
		data := append([]byte{macClass, macTableSet}, macTable([]mac{otherMAC}, []mac{groupMAC})...)
		n.equal("answer", uint64(n.commandCut(data, 2, 10, 10)), ackOK)
		n.lets(r, otherMAC, ownMAC)
		n.lets(r, groupMAC, ownMAC)
	}),
	untested("5.1.9.5.10.6", mustWord, "ignores reserved in commands of coalescing", noCoalescing),
	untested("5.1.9.5.10.6", mustWord, "answers VQ_SET and VQ_GET of a queue that is no enabled transmit or receive queue with ERR", noCoalescing),
	untested("5.1.9.5.10.6", mustWord, "gives a queue that is enabled again the parameters of TX_SET or RX_SET, or 0", noCoalescing),
	untested("5.1.9.5.10.6", mustWord, "has parameters of 0 after a reset", noCoalescing),
	untested("5.1.9.5.10.6", shouldWord, "answers with ERR if it could not change the parameters", noCoalescing),
	untested("5.1.9.5.11.12", mustWord, "answers STATS_QUERY with all types of statistics that it has", noStatistics),
	untested("5.1.9.5.11.12", mustWord, "fails the whole command for one bad entry", noStatistics),
	untested("5.1.9.5.11.12", mustWord, "has the actual size in each header, and writes no more than there is room for", noStatistics),
	untested("5.1.9.5.11.12", mustWord, "lets counters wrap to 0", noStatistics),
}

const (
	noCoalescing = "NOTF_COAL and VQ_NOTF_COAL are not offered"
	noStatistics = "DEVICE_STATS is not offered"
)
