package usernet

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/drydock-vmm/drydock/net"
)

// mtu is what the guest's driver assumes if nobody tells it another.
const mtu = 1500

// hostMAC is the address of everybody but the guest, made as QEMU's: 52:55 and the host's IPv4 address 10.0.2.2.
const hostMAC = tcpip.LinkAddress("\x52\x55\x0a\x00\x02\x02")

// endpoint is the stack's end of the socket pair: an Ethernet link endpoint. The runtime's poller does the waiting, so that
// closing the file ends both directions.
type endpoint struct {
	mac    tcpip.LinkAddress
	file   *os.File
	raw    syscall.RawConn
	accept func(frame []byte) bool

	readers sync.WaitGroup

	mu         sync.RWMutex
	dispatcher stack.NetworkDispatcher
}

// newEndpoint owns fd.
func newEndpoint(fd int, mac tcpip.LinkAddress, accept func(frame []byte) bool) (*endpoint, error) {
	file := os.NewFile(uintptr(fd), "user network")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("usernet: %w", err), file.Close())
	}
	return &endpoint{mac: mac, file: file, raw: raw, accept: accept}, nil
}

// serve gives the guest's frames to the stack until the file is closed.
func (e *endpoint) serve() {
	buf := make([]byte, net.MaxFrame)
	for {
		n, err := e.file.Read(buf)
		if err != nil {
			return
		}
		e.deliver(buf[:n])
	}
}

func (e *endpoint) deliver(frame []byte) {
	e.mu.RLock()
	d := e.dispatcher
	e.mu.RUnlock()
	if d == nil || !e.accept(frame) {
		return
	}
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
	defer pkt.DecRef()
	if e.ParseHeader(pkt) {
		d.DeliverNetworkPacket(pkt.NetworkProtocolNumber, pkt)
	}
}

// WritePackets waits while the guest's receive ring and the socket are full: a TCP sender then slows down instead of losing
// its segments. Only the queueing discipline's goroutine comes here, so nobody else waits.
func (e *endpoint) WritePackets(pkts stack.PacketBufferList) (int, tcpip.Error) {
	for i, pkt := range pkts.AsSlice() {
		if !e.write(pkt) {
			return i, &tcpip.ErrClosedForSend{}
		}
	}
	return pkts.Len(), nil
}

func (e *endpoint) write(pkt *stack.PacketBuffer) bool {
	var parts [8]unix.Iovec
	iov := parts[:0]
	for _, b := range pkt.AsSlices() {
		if len(b) > 0 {
			iov = append(iov, unix.Iovec{Base: &b[0], Len: uint64(len(b))})
		}
	}
	var sent error
	err := e.raw.Write(func(fd uintptr) bool {
		sent = net.NewFDLink(int(fd)).Send(iov)
		return sent != net.ErrWouldBlock
	})
	return err == nil && sent == nil
}

// AddHeader implements stack.NetworkLinkEndpoint.
func (e *endpoint) AddHeader(pkt *stack.PacketBuffer) {
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: e.mac,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.NetworkLinkEndpoint.
func (e *endpoint) ParseHeader(pkt *stack.PacketBuffer) bool {
	h, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	if !ok {
		return false
	}
	eth := header.Ethernet(h)
	pkt.NetworkProtocolNumber = eth.Type()
	pkt.PktType = tcpip.PacketHost
	if eth.DestinationAddress() == header.EthernetBroadcastAddress {
		pkt.PktType = tcpip.PacketBroadcast
	}
	return true
}

// Attach implements stack.NetworkLinkEndpoint; nil means that the NIC goes.
func (e *endpoint) Attach(d stack.NetworkDispatcher) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dispatcher == nil && d != nil {
		e.readers.Go(e.serve)
	}
	e.dispatcher = d
}

// IsAttached implements stack.NetworkLinkEndpoint.
func (e *endpoint) IsAttached() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.dispatcher != nil
}

// Capabilities implements stack.NetworkLinkEndpoint. The guest's checksums are checked: nobody between it and us would else
// see that its driver computes them wrong.
func (e *endpoint) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityResolutionRequired
}

func (e *endpoint) Wait()                                   { e.readers.Wait() }
func (e *endpoint) Close()                                  {}
func (e *endpoint) SetOnCloseAction(func())                 {}
func (e *endpoint) MTU() uint32                             { return mtu }
func (e *endpoint) SetMTU(uint32)                           {}
func (e *endpoint) MaxHeaderLength() uint16                 { return header.EthernetMinimumSize }
func (e *endpoint) LinkAddress() tcpip.LinkAddress          { return e.mac }
func (e *endpoint) SetLinkAddress(tcpip.LinkAddress)        {}
func (e *endpoint) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }
