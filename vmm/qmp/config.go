package qmp

// Config says what the commands are about. Where an interface is nil, as for a machine that is none, its commands do not exist.
type Config struct {
	Version Version
	Types   Types
	Machine Machine
	Devices Devices
	Nets    Nets
	Blocks  Blocks
	Virtio  Virtio
	Balloon Balloon
	Objects Objects

	// Chardevs returns the character devices as they are now, the monitors' own among them; nil: there are none.
	Chardevs func() []Chardev

	// PCI returns what is on bus 0 as it is now; nil: query-pci does not exist.
	PCI func() []PCIFunction

	// ACPIKey has query-machines say of each machine whether it has ACPI. QEMU does from version 8.0 on; a reader of version 7
	// refuses the key, one of version 8 refuses an answer without it.
	ACPIKey bool
}

// A Version is what the greeting says.
type Version struct {
	QEMU    Triple `json:"qemu"`
	Package string `json:"package"`
}

// A Triple is a version number.
type Triple struct {
	Micro int `json:"micro"`
	Minor int `json:"minor"`
	Major int `json:"major"`
}
