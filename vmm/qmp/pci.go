package qmp

// A PCIFunction is what query-pci says of one (PciDeviceInfo).
type PCIFunction struct {
	Bus      int         `json:"bus"`
	Slot     int         `json:"slot"`
	Function int         `json:"function"`
	Class    PCIClass    `json:"class_info"`
	ID       PCIID       `json:"id"`
	IRQ      *int        `json:"irq,omitempty"` // of a function with a pin
	IRQPin   int         `json:"irq_pin"`
	QDevID   string      `json:"qdev_id"`
	Regions  []PCIRegion `json:"regions"`
}

// PCIClass is the upper 16 bits of the class code.
type PCIClass struct {
	Desc  string `json:"desc,omitempty"`
	Class int    `json:"class"`
}

// PCIID is who made it.
type PCIID struct {
	Device          int `json:"device"`
	Vendor          int `json:"vendor"`
	Subsystem       int `json:"subsystem"`
	SubsystemVendor int `json:"subsystem-vendor"`
}

// A PCIRegion is a BAR. Address is -1 while nothing is decoded. The last two are a memory BAR's.
type PCIRegion struct {
	BAR       int    `json:"bar"`
	Type      string `json:"type"` // io or memory
	Address   int64  `json:"address"`
	Size      int64  `json:"size"`
	Prefetch  *bool  `json:"prefetch,omitempty"`
	MemType64 *bool  `json:"mem_type_64,omitempty"`
}

func pciCommands(list func() []PCIFunction) map[string]command {
	type bus struct {
		Bus     int           `json:"bus"`
		Devices []PCIFunction `json:"devices"`
	}
	return map[string]command{"query-pci": ask(func() ([]bus, error) { return []bus{{0, append([]PCIFunction{}, list()...)}}, nil })}
}
