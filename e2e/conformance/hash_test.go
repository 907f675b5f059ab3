package conformance

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of struct virtio_net_config for hashes (5.1.4).
const (
	configKeySize  = 17
	configTableLen = 18
	configHashes   = 20
)

// Types of hashes (5.1.9.4.2.1) and what the header reports of them (5.1.9.4.4).
const (
	hashIPv4  = 1 << 0
	hashTCPv4 = 1 << 1
	hashUDPv4 = 1 << 2
	hashIPv6  = 1 << 3
	hashTCPv6 = 1 << 4

	reportIPv4  = 1
	reportTCPv4 = 2
	reportUDPv4 = 3
	reportIPv6  = 4
	reportTCPv6 = 5
)

// The key and the flows of the verification suite for receive-side scaling that drivers and cards have always been tested with, and
// its results.
var (
	hashKey, _ = hex.DecodeString("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")

	flowA = flowOf("66.9.149.187:2794", "161.142.100.80:1766")
	flowB = flowOf("199.92.111.2:14230", "65.69.140.83:4739")
	flowC = flowOf("38.27.205.30:48228", "209.142.163.6:2217")
	flow6 = flowOf("[3ffe:2501:200:1fff::7]:2794", "[3ffe:2501:200:3::1]:1766")
)

var hashSentences = []sentence{
	must("5.1.4.1", modern, "has at least 40 in rss_max_key_size if it offers RSS or HASH_REPORT", func(e *env) {
		for _, bit := range []virtio.Feature{RSS, HashReport} {
			n := e.nic(with(bit))
			if v := n.deviceConfig(configKeySize, 1); v < 40 {
				e.Errorf("%d with bit %d", v, bit)
			}
		}
	}),
	must("5.1.4.1", modern, "has at least 128 in rss_max_indirection_table_length if it offers RSS", func(e *env) {
		n := e.nic(with(RSS))
		if v := n.deviceConfig(configTableLen, 2); v < 128 {
			e.Errorf("%d", v)
		}
	}),
	described("5.1.4", modern, "has the types of hashes that it can compute in supported_hash_types", func(e *env) {
		n := e.nic(with(HashReport))
		n.equal("supported_hash_types", n.deviceConfig(configHashes, 4), 0x1ff)
	}),
	should("5.1.4.1", modern, "does not offer HASH_REPORT without CTRL_VQ", func(e *env) {
		if f := e.nic(with(HashReport), without(CtrlVQ)).offered(); !f.Has(HashReport) {
			e.Errorf("offered: %v", f)
		}
	}).deviates("a property of the command line switches its own bit and no other; by default CTRL_VQ is on"),
	described("5.1.9", modern, "has a header of 20 bytes with HASH_REPORT", func(e *env) {
		n, r := e.hashingNIC(hashTCPv4)
		n.equal("header", uint64(n.netdev.Header()), 20)
		n.send(nil, frame(5000, 1))
		n.equal("num_buffers", uint64(n.receives(r, frame(5000, 1)).NumBuffers), 4)
		n.works()
	}),
	described("5.1.9.4.2.2", modern, "hashes addresses and ports of TCP over IPv4", func(e *env) {
		n, r := e.hashingNIC(hashIPv4 | hashTCPv4)
		n.hashes(r, flowA, 0x51ccc178, reportTCPv4)
		n.hashes(r, flowB, 0xc626b0ea, reportTCPv4)
		n.hashes(r, flowC, 0xafc7327f, reportTCPv4)
	}),
	described("5.1.9.4.2.2", modern, "hashes addresses and ports of UDP over IPv4", func(e *env) {
		n, r := e.hashingNIC(hashIPv4 | hashUDPv4)
		n.hashes(r, flowA.asUDP(), 0x51ccc178, reportUDPv4)
	}),
	described("5.1.9.4.2.2", modern, "hashes the addresses of IPv4 where the type of what it carries is not enabled", func(e *env) {
		n, r := e.hashingNIC(hashIPv4)
		n.hashes(r, flowA, 0x323e8fc2, reportIPv4)
		n.hashes(r, flowB, 0xd718262a, reportIPv4)
		n.hashes(r, flowC.asUDP(), 0x82989176, reportIPv4)
	}),
	described("5.1.9.4.2.3", modern, "hashes addresses and ports of TCP over IPv6", func(e *env) {
		n, r := e.hashingNIC(hashIPv6 | hashTCPv6)
		n.hashes(r, flow6, 0x40207d3d, reportTCPv6)
	}),
	described("5.1.9.4.2.3", modern, "hashes the addresses of IPv6 where the type of what it carries is not enabled", func(e *env) {
		n, r := e.hashingNIC(hashIPv6)
		n.hashes(r, flow6, 0x2cc18cd5, reportIPv6)
	}),
	described("5.1.9.4.4", modern, "reports NONE for a frame that it has not hashed", func(e *env) {
		n, r := e.hashingNIC(hashTCPv6)
		n.hashes(r, flowA, 0, 0)
	}),
	described("5.1.9.4.2", modern, "hashes nothing before the driver has configured it, and after a reset", func(e *env) {
		n, r := e.hashingNIC(hashTCPv4)
		n.hashes(r, flowA, 0x51ccc178, reportTCPv4)
		n.startNIC(HashReport, CtrlVQ, MrgRxbuf)
		r = n.receiver(virtiotest.LinuxMergeable)
		n.hashes(r, flowA, 0, 0)
	}),
	must("5.1.9.5.7.3", modern, "chooses the receive queue of a frame by hash, mask and indirection table", func(e *env) {
		n, r := e.scalingNIC()
		for _, c := range []struct {
			f    flow
			pair int // 3 minus the hash's last two bits
		}{{flowA, 3}, {flowB, 1}, {flowC, 0}} {
			n.send(nil, c.f.frame(1))
			n.receives(r[c.pair], c.f.frame(1))
		}
	}),
	must("5.1.9.5.7.3", modern, "gives frames that it has not hashed to unclassified_queue", func(e *env) {
		n, r := e.scalingNIC()
		n.send(nil, flow6.frame(1))
		n.receives(r[2], flow6.frame(1))
		n.send(nil, frame(60, 1))
		n.receives(r[2], frame(60, 1))
	}),
	must("5.1.9.5.7.3", modern, "drops frames for a receive queue that is reset", func(e *env) {
		n, r := e.scalingNIC()
		n.resetQueue(6)
		n.send(nil, flowA.frame(1))
		n.send(nil, flowB.frame(2))
		n.receives(r[1], flowB.frame(2))
		n.enable(6)
		r[3] = virtiotest.NewReceiver(n.rings[6], virtiotest.LinuxSmall, n.header())
		r[3].Fill()
		n.eventually("a frame for the queue when it is back", func() bool {
			n.send(nil, flowA.frame(3)) // what comes while it is coming back may be lost
			time.Sleep(glance)
			return n.rings[6].Pending() > 0
		})
		n.receives(r[3], flowA.frame(3))
	}),
	described("5.1.9.5.7", modern, "refuses a configuration that it cannot follow, or that is too short", func(e *env) {
		n, _ := e.scalingNIC()
		good := scaling(hashTCPv4, []uint16{0, 1}, 0, 2)
		n.obeyed(mqClass, 1, good...)
		n.equal("a table of 3", uint64(n.command(mqClass, 1, scaling(hashTCPv4, []uint16{0, 1, 2}, 0, 4)...)), ackErr)
		n.equal("a table of 256", uint64(n.command(mqClass, 1, scaling(hashTCPv4, make([]uint16, 256), 0, 4)...)), ackErr)
		n.equal("an unclassified_queue that does not exist", uint64(n.command(mqClass, 1, scaling(hashTCPv4, []uint16{0}, 4, 4)...)), ackErr)
		n.equal("5 pairs of 4", uint64(n.command(mqClass, 1, scaling(hashTCPv4, []uint16{0}, 0, 5)...)), ackErr)
		n.equal("a command without its end", uint64(n.command(mqClass, 1, good[:len(good)-1]...)), ackErr)
	}),
	must("5.1.9.4.1", modern, "with RSC_EXT sets RSC_INFO for coalesced segments, with their number in csum_start and that of duplicate ACKs in csum_offset", func(e *env) {
		n := e.nic(with(RscExt), func(c *nicConfig) { c.device.RSCInterval = time.Hour })
		n.startNIC(RscExt, GuestCsum, GuestTSO4, Csum, HostTSO4, MrgRxbuf)
		got := n.stream()
		n.equal("flags", uint64(got.Header[headerFlags]), rscInfo|dataValid)
		n.equal("csum_start", uint64(binary.LittleEndian.Uint16(got.Header[headerCsumStart:])), 3)
		n.equal("csum_offset", uint64(binary.LittleEndian.Uint16(got.Header[headerCsumOffset:])), 0)
		n.equal("bytes", uint64(len(got.Payload)), 54+3*100)
	}),
	must("5.1.9.4.1", everywhere, "without RSC_EXT does not set RSC_INFO", func(e *env) {
		n := e.nic(with(RscExt), func(c *nicConfig) { c.device.RSCInterval = time.Hour })
		n.startNIC(GuestCsum, GuestTSO4, Csum, HostTSO4, MrgRxbuf)
		got := n.stream()
		n.equal("flags", uint64(got.Header[headerFlags]), dataValid)
		n.equal("bytes", uint64(len(got.Payload)), 54+100)
	}),
	untested("5.1.9.4.3.4", mustWord, "hashes the outer header of a packet whose encapsulation is not enabled, and disables inner hashes at a reset", "HASH_TUNNEL is not offered"),
	untested("5.1.9.5.8.3", mustWord, "has at least 1 in max_rss_contexts, and clears all contexts at a reset", "RSS_CONTEXT is not offered"),
	untested("5.1.9.6.4", mustWord, "directs frames by flow filters", "there is no administration queue for them"),
}

const rscInfo = 4

// hashingNIC is a card that reports hashes of the given types.
func (e *env) hashingNIC(types uint32) (*nic, *virtiotest.Receiver) {
	e.Helper()
	n := e.nic(with(HashReport))
	n.startNIC(HashReport, CtrlVQ, MrgRxbuf)
	n.obeyed(mqClass, 2, slices.Concat(le32(types), make([]byte, 8), []byte{byte(len(hashKey))}, hashKey)...)
	return n, n.receiver(virtiotest.LinuxMergeable)
}

// hashes has a frame of a flow received, and compares what its header says.
func (n *nic) hashes(r *virtiotest.Receiver, f flow, hash uint32, report uint16) {
	n.Helper()
	n.send(nil, f.frame(1))
	h := n.receives(r, f.frame(1)).Header
	n.equal("hash_value", uint64(binary.LittleEndian.Uint32(h[12:])), uint64(hash))
	n.equal("hash_report", uint64(binary.LittleEndian.Uint16(h[16:])), uint64(report))
}

// scalingNIC is a card of 4 pairs that spreads TCP over IPv4 by the last two bits of the hash, backwards.
func (e *env) scalingNIC() (n *nic, r [4]*virtiotest.Receiver) {
	e.Helper()
	n = e.nic(pairs(4), with(RSS))
	n.startNIC(RSS, MQ, CtrlVQ, virtio.RingReset)
	n.obeyed(mqClass, 1, scaling(hashTCPv4, []uint16{3, 2, 1, 0}, 2, 4)...)
	for i := range r {
		r[i] = virtiotest.NewReceiver(n.rings[2*i], virtiotest.LinuxSmall, n.header())
		r[i].Fill()
		n.eventually("the queue is served", func() bool { return n.needsNoKick(2 * i) })
	}
	return n, r
}

// needsNoKick says whether the device has said so, on a queue without EVENT_IDX.
func (n *nic) needsNoKick(queue int) bool {
	if n.column == packedRings {
		_, flags := n.rings[queue].DeviceEvent()
		return flags == virtiotest.EventDisable
	}
	return n.rings[queue].UsedFlags() == virtiotest.NoNotify
}

// scaling is the data of MQ_RSS_CONFIG (struct virtio_net_rss_config).
func scaling(types uint32, table []uint16, unclassified, pairs uint16) []byte {
	b := slices.Concat(le32(types), le16(uint16(len(table)-1)), le16(unclassified))
	for _, q := range table {
		b = append(b, le16(q)...)
	}
	return slices.Concat(b, le16(pairs), []byte{byte(len(hashKey))}, hashKey)
}

// stream sends three segments of 100 bytes and the end of a connection, and returns what is received first.
func (n *nic) stream() virtiotest.Frame {
	n.Helper()
	r := n.receiver(virtiotest.LinuxMergeable)
	for i := range uint32(3) {
		n.send(header{flags: dataValid}.bytes(), flowA.tcp(1000+100*i, tcpACK, payload(100, byte(i))))
	}
	n.send(header{flags: dataValid}.bytes(), flowA.tcp(1300, tcpACK|tcpFIN, nil))
	return r.Receive(patience)
}
