package qmp

// Blocks are the host's sides of disks.
type Blocks interface {
	Blocks() []Block
	// ResizeBlock changes the length of a disk, named by device or else by node: the guest hears of it. The size may be no size.
	ResizeBlock(device, node string, size int64) error
}

// A Block is one of them (BlockInfo, as much as there is to say).
type Block struct {
	Device    string    `json:"device"`
	QDev      string    `json:"qdev,omitempty"` // path of the disk on it
	Type      string    `json:"type"`           // unknown
	Removable bool      `json:"removable"`
	Locked    bool      `json:"locked"`
	IOStatus  string    `json:"io-status,omitempty"`
	Inserted  *Inserted `json:"inserted,omitempty"`
}

// Inserted is the medium.
type Inserted struct {
	File        string `json:"file"`
	NodeName    string `json:"node-name,omitempty"`
	RO          bool   `json:"ro"`
	Drv         string `json:"drv"`
	Encrypted   bool   `json:"encrypted"`
	Detect      string `json:"detect_zeroes"`
	BackingDeep int    `json:"backing_file_depth"`
	Image       Image  `json:"image"`
}

// Image is the file.
type Image struct {
	Filename    string `json:"filename"`
	Format      string `json:"format"`
	VirtualSize uint64 `json:"virtual-size"`
	ActualSize  uint64 `json:"actual-size"`
}

func blockCommands(b Blocks) map[string]command {
	return map[string]command{
		"query-block": ask(func() ([]Block, error) { return append([]Block{}, b.Blocks()...), nil }),
		"block_resize": with(func(a struct {
			Device string `json:"device,omitempty"`
			Node   string `json:"node-name,omitempty"`
			Size   int64  `json:"size"`
		}) (any, error) {
			return nil, b.ResizeBlock(a.Device, a.Node, a.Size)
		}),
	}
}
