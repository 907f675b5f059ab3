package main

import "strings"

// A scenario is a question to a running device with its answer.
type scenario struct {
	weight int
	play   func(*driver) bool // false: not possible now; nothing was written
}

// Notes by which a script of data traffic is taken apart again.
const (
	noteLife     = "life"     // the first step of a negotiation
	noteScenario = "scenario" // the first step of a scenario
	noteSetUp    = "set-up"   // a step of a negotiation
)

// dataScript is n scenarios. Each begins with a step that has the note of one, for whoever counts.
func dataScript(seed uint64, c *configuration, layouts []*layout, n int) *script {
	e := newEmitter(seed, c, data)
	var ds []*driver
	for i, l := range layouts {
		d := &driver{function: &function{e, l, c.tap}, role: roles[l.device], peer: i, nth: i, size: c.size, mtu: c.mtu, rsc: c.rsc, ports: c.ports}
		d.place()
		d.begin()
		ds = append(ds, d)
	}
	for done := 0; done < n; {
		d := one(e, ds...)
		mark := len(e.steps)
		if !d.pickScenario().play(d) {
			d.begin() // no room, or nothing to ask: from the start
			continue
		}
		e.steps[mark].note = strings.TrimSpace(e.steps[mark].note + " " + noteScenario)
		done++
		if d.chance(3) {
			d.begin()
		}
	}
	if ds[0].role == &diskRole {
		ds[0].compareFiles()
	}
	return &script{c.name, data, e.steps}
}

func scenarios(steps []step) (n int) {
	for _, s := range steps {
		if s.noted(noteScenario) {
			n++
		}
	}
	return n
}

func (d *driver) pickScenario() scenario {
	total := 0
	for _, s := range d.role.scenarios {
		total += s.weight
	}
	at := d.IntN(total)
	for _, s := range d.role.scenarios {
		if at -= s.weight; at < 0 {
			return s
		}
	}
	panic("weights do not add up")
}

// allocate is memory that no scenario of this life of the device has used.
func (d *driver) allocate(n int) uint64 {
	at := d.buffers
	d.buffers += (uint64(n) + 63) &^ 63
	if d.buffers > d.memory()+functionStride {
		panic("a script without restarts is out of memory")
	}
	return at
}

// full says that it is time to start again.
func (d *driver) full(q, descriptors int) bool {
	return q >= len(d.queues) || d.queues[q].room() < descriptors || d.buffers > d.memory()+functionStride-0x100000
}

// restart is a reset, or for a modern driver the reset of one queue.
func (d *driver) restart() bool {
	d.begin()
	d.dump()
	return true
}

// split cuts n bytes into at most parts pieces of at least one byte.
func (d *driver) split(n, parts int) (out []int) {
	for parts = 1 + d.IntN(max(parts, 1)); parts > 1 && n > 1; parts-- {
		k := 1 + d.IntN(n-1)
		if d.chance(40) {
			k = min(one(d.emitter, 1, 2, 10, 12, 14, 6), n-1)
		}
		out, n = append(out, k), n-k
	}
	return append(out, n)
}

// maybeQuiet lets the driver change its mind about interrupts.
func (d *driver) maybeQuiet(r ring) {
	switch {
	case !d.chance(25):
	case d.has(featureNotifyOnEmpty):
		d.left("no-quiet")
	default:
		d.emit("", verbRest)
		r.quiet()
	}
}

// indirectly says whether the next chain is an indirect one.
func (d *driver) indirectly() bool { return d.has(featureIndirect) && d.chance(40) }

// frame is an Ethernet frame of n bytes to dst; shorter ones are cut.
func (d *driver) frame(dst [6]byte, n int) []byte {
	f := append(dst[:], 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc)
	if d.chance(15) {
		f = append(f, 0x81, 0x00, 0, byte(d.IntN(4)))
	}
	f = append(f, 0x88, 0xb5)
	for len(f) < n {
		f = append(f, byte(d.Uint32()))
	}
	return f[:n]
}

func (d *driver) frameLen() int {
	return one(d.emitter, 60, 60, 64, 14, 42, 128, 590, 1514, 1514, 1+d.IntN(60), 60+d.IntN(1500), 60+d.IntN(1500), 2000+d.IntN(8000))
}
