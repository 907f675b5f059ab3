package conformance

import "github.com/drydock-vmm/drydock/virtio"

// A column is a way to drive a device. There is no legacy driver with packed rings: RING_PACKED is bit 34, and the legacy
// interface ends at bit 31.
type column int

const (
	legacyDriver    column = iota // split rings through the legacy interface of a transitional device
	modernDriver                  // split rings through the modern interface of a transitional device
	nonTransitional               // split rings on a device without legacy interface
	packedRings                   // packed rings through the modern interface of a transitional device
	columns                       // how many
)

// names are those of the subtests, titles those of the document.
var (
	names  = [columns]string{"legacy", "modern", "non-transitional", "packed"}
	titles = [columns]string{"split, legacy", "split, modern", "split, non-transitional", "packed, modern"}
)

func (c column) String() string { return names[c] }

// features are what a driver of this column accepts in any case.
func (c column) features() virtio.Features {
	switch c {
	case legacyDriver: // which must accept this where it is offered (6.3)
		return virtio.FeaturesOf(virtio.AnyLayout)
	case packedRings:
		return virtio.FeaturesOf(virtio.Version1, virtio.RingPacked)
	}
	return virtio.FeaturesOf(virtio.Version1)
}

// Why a sentence does not apply to a column.
const (
	onlyLegacy  = "L"
	onlyModern  = "M"
	onlySplit   = "S"
	onlyPacked  = "P"
	onlyBoth    = "T"
	onlyNewborn = "N"
)

// reasons explain the classes in the document.
var reasons = [][2]string{
	{onlyLegacy, "the sentence is about the legacy interface"},
	{onlyModern, "the legacy interface has no such bit, register, structure or step"},
	{onlySplit, "the sentence is about the split format"},
	{onlyPacked, "the sentence is about the packed format"},
	{onlyBoth, "the sentence is about transitional devices"},
	{onlyNewborn, "the sentence is about non-transitional devices"},
}

// A scope says to which columns a sentence applies: "" there, else the class of the reason why not.
type scope [columns]string

var (
	everywhere  = scope{}
	legacy      = scope{"", onlyLegacy, onlyLegacy, onlyLegacy}
	modern      = scope{onlyModern, "", "", ""}
	split       = scope{"", "", "", onlySplit}
	splitModern = scope{onlyModern, "", "", onlySplit}
	packed      = scope{onlyPacked, onlyPacked, onlyPacked, ""}
	both        = scope{"", "", onlyBoth, ""}
	newborn     = scope{onlyNewborn, onlyNewborn, "", onlyNewborn}
)
