package virtio

import "golang.org/x/sys/unix"

// Reserve prepares the oldest available chains that have not been committed for receiving: as many as hold want bytes in
// their device-writable parts, at most max chains, fewer if the driver has not posted more (then Len < want). It takes none
// of them from the ring. The reservation is the queue's own and is valid until the next Reserve, Pop, Commit or Abort. A
// chain that was decoded once is not decoded again.
//
// Device-readable parts are passed over. A chain without a device-writable part is a *Violation, as in QEMU.
func (q *Queue) Reserve(want uint64, max int) (*Reservation, error) {
	s := &q.reserve
	for s.len < want && s.chains < max {
		if s.chains == q.window.n {
			if ok, err := q.decode(); err != nil {
				return nil, err
			} else if !ok {
				break
			}
		}
		c := q.window.at(s.chains)
		if c.WriteLen == 0 {
			q.broken = &Violation{Rule: RuleReceiveWritable, Queue: q.Index(), Head: c.Head, What: "all of it is readable"}
			return nil, q.broken
		}
		s.add(c)
	}
	return s.view(&q.window, want, max), nil
}

// reserve is the part of the window whose device-writable vectors lie one after the other in an arena: a frame is read
// straight into any prefix of them. It slides: Commit drops chains in front, Reserve appends behind.
type reserve struct {
	arena       []unix.Iovec
	start       int    // of the oldest chain's vectors in arena
	chains      int    // the window's first ones
	len         uint64 // bytes in them
	reservation Reservation
}

func (s *reserve) add(c *Chain) {
	if len(s.arena)+len(c.Write) > cap(s.arena) {
		s.slide(len(c.Write))
	}
	n := len(s.arena)
	s.arena = s.arena[:n+len(c.Write)]
	for i, v := range c.Write { // not copy: most chains are one vector
		s.arena[n+i] = v
	}
	s.chains++
	s.len += c.WriteLen
}

// slide makes room for n vectors. The arena has at least twice the room that the live ones take, so that as many were
// committed since the last time as are moved now.
func (s *reserve) slide(n int) {
	live := s.arena[s.start:]
	to := s.arena[:0]
	if need := 2 * (len(live) + n); need > cap(s.arena) {
		to = make([]unix.Iovec, 0, need)
	}
	s.arena, s.start = append(to, live...), 0
}

// drop forgets the n oldest chains of the window, before the window does.
func (s *reserve) drop(w *window, n int) {
	for i := range min(n, s.chains) {
		s.dropped(w.at(i))
	}
}

// dropped forgets the oldest chain.
func (s *reserve) dropped(c *Chain) {
	s.start += len(c.Write)
	s.len -= c.WriteLen
	s.chains--
}

// view is the shortest part that holds want, which is all of it as long as callers want the same each time.
func (s *reserve) view(w *window, want uint64, max int) *Reservation {
	r := &s.reservation
	chains, end, n := s.chains, len(s.arena), s.len
	for chains > 0 {
		last := w.at(chains - 1)
		if chains <= max && n-last.WriteLen < want {
			break
		}
		chains--
		end -= len(last.Write)
		n -= last.WriteLen
	}
	r.Vecs, r.Len, r.chains = s.arena[s.start:end:end], n, chains
	return r
}
