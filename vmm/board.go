package vmm

import (
	"time"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/boot/acpi"
	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/acpipm"
	"github.com/drydock-vmm/drydock/devices/debugexit"
	"github.com/drydock-vmm/drydock/devices/fwcfg"
	"github.com/drydock-vmm/drydock/devices/i8042"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/devices/pcihotplug"
	"github.com/drydock-vmm/drydock/devices/rtc"
	"github.com/drydock-vmm/drydock/devices/serial"
	"github.com/drydock-vmm/drydock/devices/sysport"
)

// bridgeSlots are what is soldered on: host bridge and south bridge. Cards go into the others.
var bridgeSlots = []int{0, 1}

// A place is where a platform device answers.
type place struct {
	base, size uint64
	name       string
	region     devices.Region
}

// buildBoard wires the platform: what is soldered onto a PC's board.
func (m *pc) buildBoard() error {
	if m.pci == nil {
		m.pci = pci.NewRoot()
		if err := m.pci.AttachPIIX(acpi.PM1aEvent, acpi.SCI); err != nil {
			return err
		}
	}
	m.pci.OnHardReset(m.reset)
	m.pci.OnRoute(m.accel.route)
	for _, p := range m.places() {
		if err := m.ports.Add(p.base, p.size, p.name, p.region); err != nil {
			return err
		}
	}
	return nil
}

// places makes the platform devices.
func (m *pc) places() []place {
	m.power = acpipm.New(m.accel.line(acpi.SCI), m.accel.clock(), m.sleep)
	m.hotplug = pcihotplug.New(m.eject, bridgeSlots...)
	keyboard := i8042.New(m.accel.line(gsiKeyboard), m.reset)
	clock := rtc.New(func() time.Time { return time.Now().UTC() })
	clock.SetMemory(boot.SplitRAM(m.c.RAM))
	all := []place{
		{portCOM1, serial.Ports, "COM1", m.addSerial(0, gsiCOM1)},
		{portCOM2, serial.Ports, "COM2", m.addSerial(1, gsiCOM2)},
		{i8042.DataPort, 1, "keyboard controller data", keyboard.Data()},
		{i8042.CommandPort, 1, "keyboard controller command", keyboard.Command()},
		{rtc.Port, rtc.Ports, "CMOS clock", clock},
		{sysport.POSTPort, 1, "POST code", sysport.POST{}},
		{sysport.ControlPort, 1, "system control port A", sysport.NewControl(m.reset)},
		{acpipm.PMBase, acpipm.PMSize, "ACPI power management", m.power.Registers()},
		{acpipm.GPEBase, acpipm.GPESize, "ACPI general purpose events", m.power.GPE()},
		{pcihotplug.Base, pcihotplug.Ports, "PCI hot-plug", m.hotplug},
		{fwcfg.Port, fwcfg.Ports, "firmware configuration", fwcfg.New(m.c.RAM, m.c.CPUs)},
		{portPCIConfig, 8, "PCI configuration", m.pci.Config()},
	}
	if port := m.c.DebugExit; port != 0 {
		all = append(all, place{uint64(port), debugexit.Ports, "debug exit", debugexit.New(m.debugExit)})
	}
	return all
}

// sleep is a write of SLP_EN. S5 alone is offered by the tables; a guest that asks for another state gets the same.
func (m *pc) sleep(int) { m.end(Outcome{End: PowerOff}) }

func (m *pc) debugExit(v uint32) { m.end(Outcome{End: DebugExit, Code: v}) }

// reset is a reset that the guest asked for, by whichever way.
func (m *pc) reset() { m.end(Outcome{End: Reset}) }

// loadACPI writes the tables that describe all this, and returns where they begin.
func (m *pc) loadACPI() (rsdp uint64, err error) {
	c := acpi.Config{
		Memory:  []acpi.Window{{Base: boot.PCIBase, Size: boot.PCIEnd - boot.PCIBase}},
		Hotplug: &acpi.Hotplug{Base: pcihotplug.Base, GPE: pcihotplug.GPE, First: len(bridgeSlots)},
		Serial:  []acpi.Serial{{Base: portCOM1, IRQ: gsiCOM1}, {Base: portCOM2, IRQ: gsiCOM2}},
	}
	for id := range m.c.CPUs {
		c.CPUs = append(c.CPUs, acpi.CPU{APICID: uint32(id)})
	}
	return acpi.Load(m.ram, acpi.Place{Base: boot.ACPIBase, Size: boot.ACPISize, FACS: boot.FACSBase}, c)
}
