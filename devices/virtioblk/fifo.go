package virtioblk

// A fifo is requests in the order that the driver made them available. The zero value is off.
type fifo struct {
	ring    []*request
	head, n int
}

func newFIFO(size int) fifo { return fifo{ring: make([]*request, size)} }

func (f *fifo) on() bool { return f.ring != nil }

// push needs room, which there is: a queue holds no more requests than its size.
func (f *fifo) push(r *request) {
	f.ring[(f.head+f.n)%len(f.ring)] = r
	f.n++
}

// oldest is nil if there is none.
func (f *fifo) oldest() *request {
	if f.n == 0 {
		return nil
	}
	return f.ring[f.head]
}

func (f *fifo) shift() {
	f.head = (f.head + 1) % len(f.ring)
	f.n--
}
