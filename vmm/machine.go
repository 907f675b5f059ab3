package vmm

import (
	"context"
	"errors"
	"sync"
)

// A Machine is a PC that somebody can stop, reset and change while it runs. Its methods may be called by any goroutine.
type Machine struct {
	in  inputs
	off sync.Once // of in

	mu     sync.RWMutex // held for reading over a use of pc, for writing over its replacement
	c      Config
	pc     *pc             // nil after Close
	life   context.Context // of pc
	over   chan struct{}   // closed when pc is replaced or has ended; nil then
	paused bool
}

// errOff is what a machine says that is no more.
var errOff = errors.New("vmm: the machine is off")

// New builds a machine, which Run starts and Close takes apart.
func New(c Config) (*Machine, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	m := &Machine{c: c, in: openInputs(&c)}
	if err := m.build(estate{}); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	if c.Paused {
		m.hold()
	}
	return m, nil
}

// Run is a machine, from power on until the guest turns it off or ctx is done. A reboot starts it again, unless NoReboot. An
// error is the host's, or KVM's that cannot go on with what the guest does (on hardware few guests get there, such as one that
// runs code where no memory is); it then holds the CPU's registers. Nothing of the machine is left when Run returns.
func Run(ctx context.Context, c Config) (o Outcome, err error) {
	m, err := New(c)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.Run(ctx)
}

// Run starts the machine, and returns as the function Run does, but leaves the machine to look at. It is called once.
func (m *Machine) Run(ctx context.Context) (Outcome, error) {
	for boots := 1; ; boots++ {
		o, err := m.boot(ctx)
		o.Boots = boots
		if err != nil || o.End != Reset || m.c.NoReboot {
			m.ended(o)
			return o, err
		}
		m.c.Log.Info().Int("boots", boots).Msg("machine resets")
		if err := m.rebuild(); err != nil {
			m.ended(o)
			return o, err
		}
		m.event(reset(o))
	}
}

// boot is one life of the machine.
func (m *Machine) boot(ctx context.Context) (Outcome, error) {
	p, life := m.pc, m.life // only Run replaces them
	stop := context.AfterFunc(ctx, func() { p.stop(context.Cause(ctx)) })
	defer stop()
	if err := p.accel.load(p); err != nil {
		return Outcome{}, err
	}
	p.accel.run(life, p)
	o, err := outcome(context.Cause(life))
	p.hurry = err != nil || o.End == Stopped || o.Host
	return o, err
}

// build makes a PC of the configuration and what another left. mu is held, or nobody knows of m yet.
func (m *Machine) build(e estate) error {
	life, stop := context.WithCancelCause(context.Background())
	p, err := newPCWith(e, &m.c, m.in, stop)
	if err != nil {
		stop(nil)
		return err
	}
	m.pc, m.life, m.over = p, life, make(chan struct{})
	return nil
}

// rebuild makes a new PC with the devices that the old one has, but for those that the guest was to give back. A client of qtest
// finds devices and memory again, as in QEMU; a guest that boots gets new ones, and memory that costs the host nothing yet.
func (m *Machine) rebuild() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pc.ejectAsked()
	m.c.Devices = m.pc.plugged()
	old, over := m.pc, m.over
	defer close(over)
	m.pc, m.over = nil, nil
	var kept estate
	if m.c.Accel == QTest {
		kept = old.bequeath()
	}
	if err := old.close(); err != nil {
		return errors.Join(err, kept.close())
	}
	if err := m.build(kept); err != nil {
		return err
	}
	m.pc.accel.inherit(old.accel)
	if m.paused {
		m.hold()
	}
	return nil
}

// Close takes the machine apart. Run has returned, or was never called.
func (m *Machine) Close() error {
	defer m.off.Do(m.in.stop)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pc == nil {
		return nil
	}
	m.pc.stop(nil)
	err := m.pc.close()
	m.pc = nil
	m.settle()
	return err
}

// settle lets go of who waits for the next life. mu is held for writing.
func (m *Machine) settle() {
	if m.over != nil {
		close(m.over)
		m.over = nil
	}
}

// ended is the end of Run.
func (m *Machine) ended(o Outcome) {
	m.mu.Lock()
	m.settle()
	m.mu.Unlock()
	m.event(shutdown(o))
}

// use calls f with the PC that is there now.
func (m *Machine) use(f func(*pc) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.pc == nil {
		return errOff
	}
	return f(m.pc)
}

func (m *Machine) event(e Event) {
	if m.c.OnEvent != nil {
		m.c.OnEvent(e)
	}
}
