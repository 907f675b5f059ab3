package virtionet

import (
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// Answers to a command (5.1.9.5).
const (
	ackOK  = 0
	ackErr = 1
)

// commandClasses are the classes of commands (5.1.9.5) and who obeys them; any other is answered by an error. As in QEMU, a
// class does not need its feature to be accepted unless its handler says so. NetKVM sends some that were not even offered.
var commandClasses = [...]func(l *life, command byte, data *reader) (ok bool){
	0: (*life).commandRX,
	1: (*life).commandMAC,
	2: (*life).commandVLAN,
	3: (*life).commandAnnounce,
	4: (*life).commandMQ,
	5: (*life).commandOffloads,
}

// commandHeaderLen is class and command.
const commandHeaderLen = 2

// A controller obeys the control queue.
type controller struct {
	*life
	q *virtio.Queue
}

func (k *controller) serve(ctx context.Context, q *virtio.Queue) error {
	k.q = q
	k.cq.watch(&k.mu, q)
	defer k.cq.unwatch(&k.mu)
	for {
		c, err := q.Next(ctx)
		if err != nil {
			return err
		}
		if err := k.one(c); err != nil {
			return err
		}
	}
}

// one obeys a command and answers it, before it looks at the next. The used length is 1 however long the driver's ack buffer
// is: NetKVM gives the device up at any other.
func (k *controller) one(c *virtio.Chain) error {
	if c.ReadLen < commandHeaderLen || c.WriteLen < 1 {
		return &virtio.Violation{Rule: RuleControlLayout, Queue: k.q.Index(), Head: c.Head,
			What: fmt.Sprintf("a control buffer with %d readable and %d writable bytes", c.ReadLen, c.WriteLen)}
	}
	ack := byte(ackErr)
	if k.obey(&reader{vecs: c.Read, left: c.ReadLen}) {
		ack = ackOK
		k.cq.ok.Add(1)
	} else {
		k.cq.err.Add(1)
	}
	iovec.Scatter(c.Write, 0, []byte{ack})
	k.q.Use(c, 1)
	return nil
}

func (k *controller) obey(data *reader) bool {
	var h [commandHeaderLen]byte
	data.read(h[:])
	class, command := int(h[0]), h[1]
	ok := class < len(commandClasses) && commandClasses[class](k.life, command, data)
	k.log.Debug().Int("class", class).Uint8("command", command).Bool("ok", ok).Msg("virtionet: control command")
	return ok
}

// A reader takes a command's data out of guest memory, each byte once: the guest may change them meanwhile.
type reader struct {
	vecs []unix.Iovec
	off  uint64
	left uint64
}

// read fills p, or takes nothing and reports false if less is left.
func (r *reader) read(p []byte) bool {
	if uint64(len(p)) > r.left {
		return false
	}
	iovec.Gather(p, r.vecs, r.off)
	return r.skip(uint64(len(p)))
}

func (r *reader) skip(n uint64) bool {
	if n > r.left {
		return false
	}
	r.off += n
	r.left -= n
	return true
}

func (r *reader) uint16() (v uint16, ok bool) {
	var b [2]byte
	ok = r.read(b[:])
	return binary.LittleEndian.Uint16(b[:]), ok
}

func (r *reader) uint32() (v uint32, ok bool) {
	var b [4]byte
	ok = r.read(b[:])
	return binary.LittleEndian.Uint32(b[:]), ok
}

func (r *reader) uint64() (v uint64, ok bool) {
	var b [8]byte
	ok = r.read(b[:])
	return binary.LittleEndian.Uint64(b[:]), ok
}
