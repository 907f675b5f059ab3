package virtiopci

import (
	"encoding/binary"
	"errors"
	"testing"
)

// page is guest memory from 0 on.
type page [4096]byte

func (p *page) Slice(gpa, n uint64) ([]byte, error) {
	if gpa > uint64(len(p)) || n > uint64(len(p))-gpa {
		return nil, errors.New("no RAM")
	}
	return p[gpa : gpa+n], nil
}

func (p *page) descriptor(at, addr uint64, length uint32, flags, next uint16) {
	le := binary.LittleEndian
	le.PutUint64(p[at:], addr)
	le.PutUint32(p[at+8:], length)
	le.PutUint16(p[at+12:], flags)
	le.PutUint16(p[at+14:], next)
}

func TestAChainIsShownHoweverItLies(t *testing.T) {
	for _, c := range []struct {
		name  string
		lay   func(p *page)
		links int
		fails bool
	}{
		{"one descriptor", func(p *page) { p.descriptor(0, 1, 2, 0, 9) }, 1, false},
		{"three", func(p *page) {
			p.descriptor(0, 1, 2, DescNext, 2)
			p.descriptor(32, 1, 2, DescNext|DescWrite, 1)
			p.descriptor(16, 1, 2, DescWrite, 0)
		}, 3, false},
		{"a circle ends after as many as the table has", func(p *page) { p.descriptor(0, 1, 2, DescNext, 0) }, 4, false},
		{"a link that leads out of the table", func(p *page) { p.descriptor(0, 1, 2, DescNext, 4) }, 1, false},
		{"an indirect table", func(p *page) {
			p.descriptor(0, 0x100, 32, DescIndirect, 0)
			p.descriptor(0x100, 1, 2, DescNext, 1)
			p.descriptor(0x110, 1, 2, 0, 0)
		}, 2, false},
		{"an indirect table of no size", func(p *page) { p.descriptor(0, 0x100, 0, DescIndirect, 0) }, 0, false},
		{"an indirect table where no memory is", func(p *page) { p.descriptor(0, 1<<40, 1<<31, DescIndirect, 0) }, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p page
			c.lay(&p)
			m := peeker{memory: &p}
			if all := m.chain(0, 0, 4); len(all) != c.links || (m.err != nil) != c.fails {
				t.Errorf("%d links, %v: %+v", len(all), m.err, all)
			}
		})
	}
}
