package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A layout is what QEMU's function of a slot shows of itself: where a driver finds what. It is asked before a script is made.
type layout struct {
	slot    int
	device  uint16 // virtio device type
	bars    [7]bar // the seventh is the expansion ROM
	vendor  map[byte]capability
	pio     capability // the second notification structure
	msix    int        // offset of the MSI-X capability; 0: none
	vectors int
	offered uint64 // device_feature, or host_features where there is only that
}

// A bar is a base address register; size 0 means there is none.
type bar struct {
	io   bool
	size uint64
	at   uint64 // where scripts put it
}

// A capability is a struct virtio_pci_cap (4.1.4).
type capability struct {
	at         int // in configuration space; 0: there is none
	bar        int
	off        uint64
	multiplier uint64
}

// Structure types.
const (
	capCommon = 1
	capNotify = 2
	capISR    = 3
	capDevice = 4
	capWindow = 5
)

const romBAR = 6

func barOffset(n int) int {
	if n == romBAR {
		return 0x30
	}
	return 0x10 + 4*n
}

func (l *layout) legacy() bool { return l.bars[0].size != 0 }
func (l *layout) modern() bool { return l.vendor[capCommon].at != 0 }

// addr is where a modern structure lies when the BARs are where scripts put them.
func (l *layout) addr(kind byte) uint64 { return l.bars[l.vendor[kind].bar].at + l.vendor[kind].off }

// A prober reads configuration space.
type prober struct {
	m    *machine
	slot int
	err  error
}

func (p *prober) ask(commands ...string) uint64 {
	answers, err := p.m.exchange(commands)
	if err != nil {
		p.err = err
		return 0
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(answers[len(answers)-1], "0x"), 16, 64)
	if err != nil {
		p.err = fmt.Errorf("%s answers %q to %q", p.m.name, answers[len(answers)-1], commands[len(commands)-1])
	}
	return v
}

func (p *prober) config(off int) uint32 {
	return uint32(p.ask(fmt.Sprintf("outl 0xcf8 %#x", configAddress(p.slot, off)), "inl 0xcfc"))
}

func (p *prober) setConfig(off int, v uint32) {
	p.m.exchange([]string{fmt.Sprintf("outl 0xcf8 %#x", configAddress(p.slot, off)), fmt.Sprintf("outl 0xcfc %#x", v)})
}

func (p *prober) byteAt(off int) byte { return byte(p.config(off&^3) >> (8 * (off & 3))) }

// probe reads the layout of a slot. nth says which windows of addresses its BARs get.
func probe(m *machine, slot, nth int) (*layout, error) {
	p := &prober{m: m, slot: slot}
	l := &layout{slot: slot, vendor: map[byte]capability{}}
	if id := p.config(0); id&0xffff != 0x1af4 {
		return nil, fmt.Errorf("%s: no virtio function at slot %d: %#x", m.name, slot, id)
	} else if l.device = uint16(id>>16) - 0x1040; id>>16 < 0x1040 {
		l.device = uint16(p.config(0x2c) >> 16)
	}
	for n := 0; n < len(l.bars); n++ {
		if l.bars[n] = p.size(n, nth); l.bars[n].size != 0 && p.config(barOffset(n))&7 == 4 {
			n++
		}
	}
	p.capabilities(l)
	p.features(l)
	return l, p.err
}

// features puts the BARs where scripts do, asks, and takes them away again.
func (p *prober) features(l *layout) {
	n, ask := 0, []string{fmt.Sprintf("inl %#x", l.bars[0].at)}
	if l.modern() {
		at := l.addr(capCommon)
		n, ask = 4, []string{fmt.Sprintf("readl %#x", at+4), fmt.Sprintf("writel %#x 1", at), fmt.Sprintf("readl %#x", at+4)}
	}
	p.setConfig(barOffset(n), uint32(l.bars[n].at))
	p.setConfig(4, 3)
	l.offered = p.ask(ask[0])
	if l.modern() {
		l.offered |= p.ask(ask[1:]...) << 32
	}
	p.setConfig(4, 0)
}

func (p *prober) size(n, nth int) bar {
	off := barOffset(n)
	p.setConfig(off, 0xffffffff)
	v := p.config(off)
	p.setConfig(off, 0)
	switch {
	case v == 0:
		return bar{}
	case n == romBAR:
		return bar{size: uint64(-(v &^ 0x7ff)), at: 0xf8000000 + uint64(nth)<<22}
	case v&1 != 0:
		return bar{io: true, size: uint64(-(v &^ 3)), at: 0xc000 + uint64(nth)<<11 + uint64(n)<<8}
	}
	return bar{size: uint64(-(v &^ 15)), at: 0xe0000000 + uint64(nth)<<27 + uint64(n)<<24}
}

func (p *prober) capabilities(l *layout) {
	for at := int(p.byteAt(0x34)); at != 0 && p.err == nil; at = int(p.byteAt(at + 1)) {
		switch p.byteAt(at) {
		case 0x11:
			l.msix, l.vectors = at, int(p.config(at)>>16&0x7ff)+1
		case 0x09:
			c := capability{at: at, bar: int(p.byteAt(at + 4)), off: uint64(p.config(at + 8))}
			kind := p.byteAt(at + 3)
			if kind == capNotify {
				c.multiplier = uint64(p.config(at + 16))
			}
			if kind == capNotify && l.bars[c.bar].io {
				l.pio = c
				continue
			}
			l.vendor[kind] = c
		}
	}
}
