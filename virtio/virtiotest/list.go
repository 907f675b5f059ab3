package virtiotest

import "github.com/drydock-vmm/drydock/virtio"

// A list hands out numbers below a ring's size, and remembers what was handed out together by the first of them. It prefers
// what came back last; with IN_ORDER it goes around in ascending order, as 2.7.5 asks.
type list struct {
	idle    []uint16
	taken   map[uint16][]uint16
	inOrder bool
}

func newList(size int, f virtio.Features) list {
	l := list{taken: make(map[uint16][]uint16), inOrder: f.Has(virtio.InOrder)}
	for i := range size {
		n := size - 1 - i
		if l.inOrder {
			n = i
		}
		l.idle = append(l.idle, uint16(n))
	}
	return l
}

func (l *list) room() int { return len(l.idle) }

func (l *list) take(n int) []uint16 {
	var got []uint16
	if l.inOrder {
		got, l.idle = append(got, l.idle[:n]...), l.idle[n:]
	} else {
		cut := len(l.idle) - n
		got, l.idle = append(got, l.idle[cut:]...), l.idle[:cut]
	}
	l.taken[got[0]] = got
	return got
}

func (l *list) give(first uint16) {
	l.idle = append(l.idle, l.taken[first]...)
	delete(l.taken, first)
}
