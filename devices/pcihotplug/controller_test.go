package pcihotplug

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// rig is a controller, and the slots that the guest gave back.
type rig struct {
	*testing.T
	*Controller
	ejected []int
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t}
	r.Controller = New(func(slot int) { r.ejected = append(r.ejected, slot) }, 0, 1)
	return r
}

func (r *rig) want(reg uint64, want uint32) {
	r.Helper()
	var p [4]byte
	r.Read(reg, p[:])
	if got := binary.LittleEndian.Uint32(p[:]); got != want {
		r.Errorf("register %#x is %#x, want %#x", reg, got, want)
	}
}

func (r *rig) set(reg uint64, v uint32) { r.Write(reg, binary.LittleEndian.AppendUint32(nil, v)) }

func TestRegisters(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *rig)
	}{
		{"a slot that was filled is told once", func(r *rig) {
			r.Filled(6)
			r.want(regUp, 1<<6)
			r.want(regUp, 0)
		}},
		{"a slot that is asked for is told until it is given back", func(r *rig) {
			if !r.Ask(6) || r.Ask(6) || r.Asked() != 1<<6 {
				r.Error("asking twice is the same as once")
			}
			r.want(regDown, 1<<6)
			r.want(regDown, 1<<6)
			r.set(regEject, 1<<6)
			r.want(regDown, 0)
			if fmt.Sprint(r.ejected) != "[6]" || r.Asked() != 0 {
				r.Errorf("ejected %v", r.ejected)
			}
		}},
		{"a slot can be given back unasked", func(r *rig) {
			r.set(regEject, 1<<31)
			if fmt.Sprint(r.ejected) != "[31]" {
				r.Errorf("ejected %v", r.ejected)
			}
		}},
		{"of several slots the lowest is given back", func(r *rig) {
			r.set(regEject, 1<<9|1<<5)
			if fmt.Sprint(r.ejected) != "[5]" {
				r.Errorf("ejected %v", r.ejected)
			}
		}},
		{"no slot and fixed ones are not given back", func(r *rig) {
			r.set(regEject, 0)
			r.set(regEject, 1<<0)
			r.set(regEject, 1<<1)
			if len(r.ejected) != 0 {
				r.Errorf("ejected %v", r.ejected)
			}
		}},
		{"all slots but the fixed ones are removable", func(r *rig) { r.want(regRemovable, ^uint32(3)) }},
		{"of other buses nothing is known", func(r *rig) {
			r.Filled(6)
			r.Ask(7)
			r.set(regSelect, 5)
			r.want(regSelect, 5)
			r.want(regUp, 0)
			r.want(regDown, 0)
			r.want(regRemovable, 0xffffffff)
			r.set(regEject, 1<<7)
			r.set(regSelect, 256)
			r.want(regRemovable, 0)
			r.set(regSelect, 0)
			r.want(regUp, 1<<6)
			r.want(regDown, 1<<7)
			if len(r.ejected) != 0 {
				r.Errorf("ejected %v", r.ejected)
			}
		}},
		{"other registers are zero and take nothing", func(r *rig) {
			for _, reg := range []uint64{regEject, regIndex} {
				r.set(reg, 0)
				r.want(reg, 0)
			}
		}},
		{"only accesses of four bytes mean anything", func(r *rig) {
			r.Ask(6)
			r.Write(regEject, []byte{1 << 6, 0})
			p := []byte{0xee, 0xee}
			if r.Read(regDown, p); p[0] != 0 || r.Asked() != 1<<6 {
				r.Errorf("two bytes are % x", p)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) { c.do(newRig(t)) })
	}
}
