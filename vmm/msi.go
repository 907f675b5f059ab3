package vmm

import (
	"fmt"
	"sync"

	"github.com/drydock-vmm/drydock/kvm"
	"golang.org/x/sys/unix"
)

// A router owns the VM's interrupt routing table: the fixed pins of the interrupt controllers, and one GSI for each message that a
// device sends. Changes come from vCPUs while guests set up their devices.
type router struct {
	vm *kvm.VM

	mu       sync.Mutex
	fixed    []kvm.Route
	messages []kvm.MSIRoute // message i has GSI firstMSIRoute+i
}

// newRouter makes the table that a PC has: GSI 0 to 15 lead to both PICs and the I/O APIC (the timer, GSI 0, to its pin 2), 16 to
// 23 to the I/O APIC.
func newRouter(vm *kvm.VM) *router {
	r := &router{vm: vm}
	for gsi := range uint32(ioapicPins) {
		chip, pin := kvm.PICMaster, gsi
		if gsi >= 8 {
			chip, pin = kvm.PICSlave, gsi-8
		}
		if gsi < 16 && gsi != 2 {
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: gsi, Chip: chip, Pin: pin})
		}
		switch gsi {
		case 0:
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: 0, Chip: kvm.IOAPIC, Pin: 2})
		case 2: // the cascade
		default:
			r.fixed = append(r.fixed, kvm.IRQChipRoute{GSI: gsi, Chip: kvm.IOAPIC, Pin: gsi})
		}
	}
	return r
}

// add reserves a GSI for a message that is not known yet.
func (r *router) add() (gsi uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gsi = firstMSIRoute + uint32(len(r.messages))
	r.messages = append(r.messages, kvm.MSIRoute{GSI: gsi})
	return gsi
}

// set gives a GSI its message.
func (r *router) set(gsi uint32, m kvm.MSI) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages[gsi-firstMSIRoute].MSI = m
	table := append([]kvm.Route(nil), r.fixed...)
	for _, m := range r.messages {
		if m.MSI != (kvm.MSI{}) {
			table = append(table, m)
		}
	}
	return r.vm.SetGSIRouting(table)
}

// msi is the messages of one function: for each vector a GSI with an irqfd, made when the guest first programs it. It implements
// pci.MSI.
type msi struct {
	router *router
	vector [maxVectors]messageVector
}

// maxVectors is what an MSI-X table can have.
const maxVectors = 2048

type messageVector struct {
	fd  int // eventfd; -1 while the guest has not programmed the vector
	gsi uint32
}

func newMSI(r *router) *msi {
	m := &msi{router: r}
	for i := range m.vector {
		m.vector[i].fd = -1
	}
	return m
}

// Program says what vector v sends from now on.
func (m *msi) Program(v int, addr uint64, data uint32) error {
	e := &m.vector[v]
	first := e.fd < 0
	if first {
		e.gsi = m.router.add()
	}
	if err := m.router.set(e.gsi, kvm.MSI{Address: addr, Data: data}); err != nil {
		return fmt.Errorf("vmm: routing MSI-X vector %d: %w", v, err)
	}
	if !first {
		return nil
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	if err := m.router.vm.AssignIRQFD(fd, e.gsi); err != nil {
		unix.Close(fd)
		return fmt.Errorf("vmm: irqfd of MSI-X vector %d: %w", v, err)
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

var one = [8]byte{1}

// signal adds one to an eventfd. The counter cannot overflow: the kernel consumes it.
func signal(fd int) {
	_, _ = unix.Write(fd, one[:])
}
