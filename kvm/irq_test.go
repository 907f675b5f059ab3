package kvm

import (
	"encoding/binary"
	"testing"
)

const (
	handlerBase = 0xa000
	handlerPort = 0x10
	apicBase    = 0xfee00000
	apicSVR     = 0xf0
)

// handler has an interrupt vector write its number to handlerPort, and acknowledge at the local APIC, where DS points.
func (g *guest) handler(vector byte) {
	at := handlerBase + 16*int(vector)
	copy(g.mem[at:], []byte{
		0xb0, vector, // mov al, vector
		0xe6, handlerPort, // out handlerPort, al
		0x66, 0xa3, 0xb0, 0x00, // mov [0xb0], eax: EOI
		0xcf, // iret
	})
	binary.LittleEndian.PutUint32(g.mem[4*int(vector):], uint32(at)) // segment 0
}

// sleeper is a guest that only waits for interrupts, its local APIC on.
func sleeper(t *testing.T) *guest {
	g := newGuest(t, irqchip, 0xfb, 0xf4, 0xeb, 0xfd) // sti; hlt; jmp to it
	l, err := g.v.LAPIC()
	check(t, err)
	l.SetRegister(apicSVR, 0x1ff)
	check(t, g.v.SetLAPIC(l))
	g.ds(apicBase)
	return g
}

func (g *guest) ds(base uint64) {
	g.t.Helper()
	s, err := g.v.Sregs()
	check(g.t, err)
	s.DS.Base = base
	check(g.t, g.v.SetSregs(s))
}

func (g *guest) wantVector(vector byte) {
	g.t.Helper()
	if e := runTo[*ExitIO](g); e.Port != handlerPort || e.Data[0] != vector {
		g.t.Errorf("%v of %#x, want vector %#x", e, e.Data, vector)
	}
}

func msi(vector uint32) MSI { return MSI{Address: apicBase, Data: vector} }

func TestEveryWayOfAnMSIReachesTheGuest(t *testing.T) {
	const gsi = 24
	for _, c := range []struct {
		name string
		send func(t *testing.T, vm *VM)
	}{
		{"KVM_SIGNAL_MSI", func(t *testing.T, vm *VM) {
			if ok, err := vm.SignalMSI(msi(0x41)); err != nil || !ok {
				t.Errorf("delivered %v, %v", ok, err)
			}
		}},
		{"an eventfd by irqfd and route", func(t *testing.T, vm *VM) {
			fd := eventfd(t)
			check(t, vm.SetGSIRouting([]Route{MSIRoute{gsi, msi(0x41)}}))
			check(t, vm.AssignIRQFD(fd, gsi))
			signal(t, fd)
		}},
		{"an irqfd whose route is set later", func(t *testing.T, vm *VM) {
			fd := eventfd(t)
			check(t, vm.SetGSIRouting([]Route{MSIRoute{gsi, msi(0x55)}}))
			check(t, vm.AssignIRQFD(fd, gsi))
			check(t, vm.SetGSIRouting([]Route{IRQChipRoute{4, IOAPIC, 4}, MSIRoute{gsi + 1, msi(0x56)}, MSIRoute{gsi, msi(0x41)}}))
			signal(t, fd)
		}},
		{"the line of a GSI with an MSI route", func(t *testing.T, vm *VM) {
			check(t, vm.SetGSIRouting([]Route{MSIRoute{gsi, msi(0x41)}}))
			check(t, vm.IRQLine(gsi, true))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := sleeper(t)
			for _, vector := range []byte{0x41, 0x55, 0x56} {
				g.handler(vector)
			}
			c.send(t, g.vm)
			g.wantVector(0x41)
		})
	}
}

func TestADeassignedIRQFDReachesNobody(t *testing.T) {
	const gsi = 30
	g, fd := sleeper(t), eventfd(t)
	g.handler(0x41)
	g.handler(0x42)
	check(t, g.vm.SetGSIRouting([]Route{MSIRoute{gsi, msi(0x42)}}))
	check(t, g.vm.AssignIRQFD(fd, gsi))
	check(t, g.vm.DeassignIRQFD(fd, gsi))
	signal(t, fd)
	_, err := g.vm.SignalMSI(msi(0x41))
	check(t, err)
	g.wantVector(0x41) // 0x42 is of higher priority, and would have come first
	if n := count(t, fd); n != 1 {
		t.Errorf("the eventfd holds %d, want the 1 that nobody took", n)
	}
}

func TestAnMSIToAnAPICThatIsOffIsNotDelivered(t *testing.T) {
	g := newGuest(t, irqchip, 0xf4)
	if ok, err := g.vm.SignalMSI(msi(0x41)); err != nil || ok {
		t.Errorf("delivered %v, %v", ok, err)
	}
}

// picGuest programs the PIC to vectors from 0x48 and automatic end of interrupt, then waits.
func picGuest(t *testing.T) *guest {
	g := newGuest(t, irqchip,
		0xb0, 0x11, 0xe6, 0x20, // ICW1: edge, cascade, ICW4 follows
		0xb0, 0x48, 0xe6, 0x21, // ICW2: vectors
		0xb0, 0x04, 0xe6, 0x21, // ICW3
		0xb0, 0x03, 0xe6, 0x21, // ICW4: automatic EOI
		0xb0, 0x00, 0xe6, 0x21, // no line masked
		0xb0, 0x01, 0xe6, handlerPort, // ready
		0xfb, 0xf4, 0xeb, 0xfd)
	g.handler(0x48 + 5)
	g.ds(dataBase) // no local APIC to acknowledge
	if e := runTo[*ExitIO](g); e.Data[0] != 1 {
		t.Fatal(e)
	}
	return g
}

func TestALineReachesThePIC(t *testing.T) {
	g := picGuest(t)
	check(t, g.vm.IRQLine(5, true))
	g.wantVector(0x4d)
	check(t, g.vm.IRQLine(5, false))
	check(t, g.vm.IRQLine(5, true))
	g.wantVector(0x4d)
}

func TestARouteLeadsAnyGSIToAPinOfThePIC(t *testing.T) {
	g := picGuest(t)
	check(t, g.vm.SetGSIRouting([]Route{IRQChipRoute{40, PICMaster, 5}}))
	check(t, g.vm.IRQLine(40, true))
	g.wantVector(0x4d)
}

func TestAResampleIRQFDTellsOfTheEndOfInterrupt(t *testing.T) {
	g, fd, resample := picGuest(t), eventfd(t), eventfd(t)
	check(t, g.vm.AssignResampleIRQFD(fd, resample, 5))
	for range 2 { // the second shows that the line went down
		signal(t, fd)
		g.wantVector(0x4d)
		if n := count(t, resample); n != 1 {
			t.Errorf("resampled %d times", n)
		}
	}
	check(t, g.vm.DeassignIRQFD(fd, 5))
}
