package qmp

// Virtio are the virtio devices, by the paths of their QOM objects.
type Virtio interface {
	VirtioDevices() []VirtioDevice
	// VirtioStatus, QueueStatus and QueueElement return ErrNoVirtio for a path that is none.
	VirtioStatus(path string) (VirtioStatus, error)
	QueueStatus(path string, queue uint16) (QueueStatus, error)
	// QueueElement is the chain at an index of the available ring; index nil: the next that the device takes.
	QueueElement(path string, queue uint16, index *uint16) (QueueElement, error)
}

// ErrNoVirtio is the error of a path that no virtio device has.
func ErrNoVirtio(path string) error { return Errorf("Path %s is not a VirtIODevice", clip(path)) }

// ErrNoQueue is the error of a queue that a device does not have.
func ErrNoQueue(queue uint16) error { return Errorf("Invalid virtqueue number %d", queue) }

// A VirtioDevice is one of the list.
type VirtioDevice struct {
	Path string `json:"path"`
	Name string `json:"name"` // virtio-net and so on
}

// VirtioStatus is what the registers of a device say.
type VirtioStatus struct {
	Name                 string       `json:"name"`
	DeviceID             uint16       `json:"device-id"`
	VhostStarted         bool         `json:"vhost-started"`
	DeviceEndian         string       `json:"device-endian"` // little
	GuestFeatures        FeatureNames `json:"guest-features"`
	HostFeatures         FeatureNames `json:"host-features"`
	BackendFeatures      FeatureNames `json:"backend-features"`
	NumVQs               int          `json:"num-vqs"`
	Status               StatusNames  `json:"status"`
	ISR                  byte         `json:"isr"`
	QueueSel             uint16       `json:"queue-sel"`
	VMRunning            bool         `json:"vm-running"`
	Broken               bool         `json:"broken"`
	Disabled             bool         `json:"disabled"`
	UseStarted           bool         `json:"use-started"`
	Started              bool         `json:"started"`
	StartOnKick          bool         `json:"start-on-kick"`
	DisableLegacyCheck   bool         `json:"disable-legacy-check"`
	BusName              string       `json:"bus-name"`
	UseGuestNotifierMask bool         `json:"use-guest-notifier-mask"`
}

// FeatureNames are the bits of a feature set: of rings and transport, of the device type, and those without a name.
type FeatureNames struct {
	Transports []string `json:"transports"`
	Dev        []string `json:"dev-features"`
	Unknown    uint64   `json:"unknown-dev-features,omitempty"`
}

// StatusNames are the bits of device_status.
type StatusNames struct {
	Statuses []string `json:"statuses"`
	Unknown  byte     `json:"unknown-statuses,omitempty"`
}

// QueueStatus is what a queue's registers say, and where the device is in it.
type QueueStatus struct {
	Name               string  `json:"name"`
	QueueIndex         uint16  `json:"queue-index"`
	InUse              int     `json:"inuse"`
	VRingNum           int     `json:"vring-num"`
	VRingNumDefault    int     `json:"vring-num-default"`
	VRingAlign         int     `json:"vring-align"`
	VRingDesc          uint64  `json:"vring-desc"`
	VRingAvail         uint64  `json:"vring-avail"`
	VRingUsed          uint64  `json:"vring-used"`
	LastAvailIdx       *uint16 `json:"last-avail-idx,omitempty"`
	ShadowAvailIdx     *uint16 `json:"shadow-avail-idx,omitempty"`
	UsedIdx            uint16  `json:"used-idx"`
	SignalledUsed      uint16  `json:"signalled-used"`
	SignalledUsedValid bool    `json:"signalled-used-valid"`
}

// A QueueElement is one chain of a split queue.
type QueueElement struct {
	Name  string       `json:"name"`
	Index uint16       `json:"index"`
	Descs []Descriptor `json:"descs"`
	Avail RingAvail    `json:"avail"`
	Used  RingUsed     `json:"used"`
}

// A Descriptor is a link of it.
type Descriptor struct {
	Addr  uint64   `json:"addr"`
	Len   uint32   `json:"len"`
	Flags []string `json:"flags"` // next, write, indirect
}

// RingAvail and RingUsed are the beginnings of the rings.
type RingAvail struct {
	Flags uint16 `json:"flags"`
	Idx   uint16 `json:"idx"`
	Ring  uint16 `json:"ring"`
}

type RingUsed struct {
	Flags uint16 `json:"flags"`
	Idx   uint16 `json:"idx"`
}

func virtioCommands(v Virtio) map[string]command {
	type path struct {
		Path string `json:"path"`
	}
	type queue struct {
		Path  string `json:"path"`
		Queue uint16 `json:"queue"`
	}
	type element struct {
		Path  string  `json:"path"`
		Queue uint16  `json:"queue"`
		Index *uint16 `json:"index,omitempty"`
	}
	return map[string]command{
		"x-query-virtio":               ask(func() ([]VirtioDevice, error) { return v.VirtioDevices(), nil }),
		"x-query-virtio-status":        with(func(a path) (any, error) { return v.VirtioStatus(a.Path) }),
		"x-query-virtio-queue-status":  with(func(a queue) (any, error) { return v.QueueStatus(a.Path, a.Queue) }),
		"x-query-virtio-queue-element": with(func(a element) (any, error) { return v.QueueElement(a.Path, a.Queue, a.Index) }),
	}
}
