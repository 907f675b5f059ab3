package main

import (
	"encoding/binary"
	"testing"
)

func TestFramesAreIPv4WithARightChecksumBothWays(t *testing.T) {
	for _, s := range []shape{small, ethernet, large} {
		for header, b := range map[int][]byte{vnetHeader: s.frame(), mergedHeader: s.outgoing()} {
			f := b[header:]
			if len(f) != s.size {
				t.Fatalf("a frame of %d bytes for %+v", len(f), s)
			}
			ip := f[ethHeader:]
			if onesSum(ip[:ipHeader]) != 0xffff || int(binary.BigEndian.Uint16(ip[2:])) != len(ip) {
				t.Errorf("%+v behind a header of %d: bad IPv4 header % x", s, header, ip[:ipHeader])
			}
		}
	}
}

func TestOnlyLargeFramesAskToBeSegmented(t *testing.T) {
	h := large.frame()[:vnetHeader]
	if h[0] != 1 || h[1] != 1 || binary.LittleEndian.Uint16(h[4:]) != 1448 {
		t.Errorf("header % x", h)
	}
	if h := small.frame()[:vnetHeader]; [vnetHeader]byte(h) != [vnetHeader]byte{} {
		t.Errorf("header % x of a frame that is whole", h)
	}
}

func TestARingGivesEachSlotInTurn(t *testing.T) {
	r := newRing(true, large.size+mergedHeader)
	if r.slots != 16 || len(r.vecs) != 256 {
		t.Fatalf("%d slots, %d vectors; want 16 of 16 pages", r.slots, len(r.vecs))
	}
	first, n := r.next(0)
	second, _ := r.next(1)
	again, _ := r.next(r.slots)
	if n != 16 || first == second || first != again {
		t.Errorf("slots at %p, %p and %p, of %d vectors", first, second, again, n)
	}
	var total uint64
	for _, v := range r.vecs[:16] {
		total += v.Len
	}
	if total != uint64(r.size) {
		t.Errorf("the vectors of a frame hold %d bytes of %d", total, r.size)
	}
}
