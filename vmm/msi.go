package vmm

import (
	"fmt"
	"time"

	"github.com/drydock-vmm/drydock/kvm"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// msi is the messages of one function: for each vector a GSI with an irqfd, made when the guest first programs it. It implements
// pci.MSI.
//
// A vector's fields change in Program alone. Whoever calls it publishes them to Signal: pci.MSIX makes a vector live, by an
// atomic store, after Program returned, and looks at that before each Signal.
type msi struct {
	router *router
	log    zerolog.Logger
	vector [maxVectors]messageVector
}

// maxVectors is what an MSI-X table can have.
const maxVectors = 2048

// A messageVector has no GSI (0, which is a pin) and no eventfd (-1) while the guest has not programmed it.
type messageVector struct {
	fd  int
	gsi uint32
}

// newMSI's log gets a few lines a second at most: a guest decides how often one is due.
func newMSI(r *router, log zerolog.Logger) *msi {
	m := &msi{router: r, log: log.Sample(&zerolog.BurstSampler{Burst: 4, Period: time.Second})}
	for i := range m.vector {
		m.vector[i].fd = -1
	}
	return m
}

// Program says what vector v sends from now on.
func (m *msi) Program(v int, addr uint64, data uint32) error {
	err := m.vector[v].program(m.router, kvm.MSI{Address: addr, Data: data})
	if err != nil {
		m.log.Warn().Err(err).Int("vector", v).Msg("an MSI-X vector stays silent")
	}
	return err
}

// program may be called again after an error: what it got so far it keeps.
func (e *messageVector) program(r *router, message kvm.MSI) error {
	if e.gsi == 0 {
		e.gsi = r.add()
	}
	if err := r.set(e.gsi, message); err != nil {
		return fmt.Errorf("vmm: interrupt routes: %w", err)
	}
	if e.fd >= 0 {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("vmm: eventfd: %w", err)
	}
	if err := r.vm.AssignIRQFD(fd, e.gsi); err != nil {
		unix.Close(fd)
		return fmt.Errorf("vmm: irqfd: %w", err)
	}
	e.fd = fd
	return nil
}

// Signal sends vector v.
func (m *msi) Signal(v int) { signal(m.vector[v].fd) }

// close ends the irqfds. No Signal may come any more.
func (m *msi) close() {
	for i := range m.vector {
		if e := &m.vector[i]; e.fd >= 0 {
			_ = m.router.vm.DeassignIRQFD(e.fd, e.gsi)
			unix.Close(e.fd)
			e.fd = -1
		}
	}
}
