package virtio

// A Feature is a feature bit by its number (chapter 6, and "Feature bits" of each device type).
type Feature uint8

// Feature bits that belong to no device type.
const (
	NotifyOnEmpty    Feature = 24 // legacy only
	AnyLayout        Feature = 27 // legacy only; implied by Version1
	IndirectDesc     Feature = 28
	EventIdx         Feature = 29
	BadFeature       Feature = 30 // legacy only: QEMU's trap for drivers that acknowledge whatever they read
	Version1         Feature = 32
	AccessPlatform   Feature = 33
	RingPacked       Feature = 34
	InOrder          Feature = 35
	OrderPlatform    Feature = 36
	SRIOV            Feature = 37
	NotificationData Feature = 38
	NotifConfigData  Feature = 39
	RingReset        Feature = 40
)

// Features is a set of feature bits, 128 wide. Sets compare with ==.
type Features [2]uint64

// FeaturesOf returns the set of the given bits.
func FeaturesOf(bits ...Feature) (s Features) { return s.With(bits...) }

func (s Features) Has(f Feature) bool               { panic("contract") }
func (s Features) With(bits ...Feature) Features    { panic("contract") }
func (s Features) Without(bits ...Feature) Features { panic("contract") }
func (s Features) And(t Features) Features          { panic("contract") }
func (s Features) Or(t Features) Features           { panic("contract") }
func (s Features) Minus(t Features) Features        { panic("contract") }

// Word returns bits 32·i to 32·i+31, 0 for i > 3; WithWord replaces them. i is what a driver writes to
// device_feature_select.
func (s Features) Word(i uint32) uint32                 { panic("contract") }
func (s Features) WithWord(i uint32, v uint32) Features { panic("contract") }
