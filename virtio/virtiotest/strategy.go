package virtiotest

import "slices"

// A Strategy is how a driver lays out its receive buffers.
type Strategy struct {
	Name         string
	Mergeable    bool // the driver accepts frames over several chains: VIRTIO_NET_F_MRG_RXBUF
	Indirect     bool // each chain in an indirect table
	SharedHeader bool // the first descriptor of all chains is the same memory
	// Chain gives the lengths of the device-writable descriptors of one chain, for a header of so many bytes.
	Chain func(header int) []int
}

func page(n int) []int { return slices.Repeat([]int{4096}, n) }

func chainOf(lens ...int) func(int) []int { return func(int) []int { return lens } }

// What drivers post (the layouts are those that QEMU's device sees of them).
var (
	// LinuxSmall is virtio_net without guest offloads: header and a 1518-byte frame in one descriptor.
	LinuxSmall = Strategy{Name: "Linux small", Chain: func(h int) []int { return []int{h + 1518} }}

	// LinuxBig is virtio_net with guest offloads and no mergeable buffers: 19 descriptors for one frame of up to 64 KiB.
	LinuxBig = Strategy{Name: "Linux big", Chain: linuxBig}

	LinuxBigIndirect = Strategy{Name: "Linux big, indirect", Indirect: true, Chain: linuxBig}

	// LinuxMergeable is virtio_net's size to begin with; 43 of them hold a 64 KiB frame.
	LinuxMergeable = Strategy{Name: "Linux mergeable", Mergeable: true, Chain: chainOf(1536)}

	// NetKVMMergeable is Windows with MergeableBuffers=1: a page each, 17 for a 64 KiB frame.
	NetKVMMergeable = Strategy{Name: "NetKVM mergeable", Mergeable: true, Chain: chainOf(4096)}

	// NetKVM is Windows as it is by default: 17 pages in an indirect table, header and data in one block.
	NetKVM = Strategy{Name: "NetKVM", Indirect: true, Chain: func(int) []int { return page(17) }}

	// EDK2 has its header in a descriptor of its own, as a legacy device without ANY_LAYOUT may ask.
	EDK2 = Strategy{Name: "EDK2", Chain: func(h int) []int { return []int{h, 1514} }}

	// IPXE is EDK2 with one header buffer for all chains: what stands in it belongs to the newest frame.
	IPXE = Strategy{Name: "iPXE", SharedHeader: true, Chain: func(h int) []int { return []int{h, 1514} }}

	// UBoot posts one descriptor even on a legacy device that did not offer ANY_LAYOUT.
	UBoot = Strategy{Name: "U-Boot", Chain: chainOf(1526)}
)

// What no known driver posts and the specification allows (2.7.4.1, 5.1.9.3.1).
var (
	HeaderOnly    = Strategy{Name: "header-sized buffers", Mergeable: true, Chain: func(h int) []int { return []int{h} }}
	HeaderSplit   = Strategy{Name: "header split in two", Chain: func(h int) []int { return []int{6, h - 6, 1518} }}
	HeaderAstride = Strategy{Name: "num_buffers astride two descriptors", Mergeable: true,
		Chain: func(h int) []int { return []int{h - 1, 1, 1, 61} }}
	SingleBytes = Strategy{Name: "one-byte descriptors", Mergeable: true, Indirect: true,
		Chain: func(int) []int { return slices.Repeat([]int{1}, 64) }}
)

// Strategies is all of them. Those that are Mergeable need MRG_RXBUF for a frame longer than one chain; a driver that has
// negotiated it may post the others' layouts too.
var Strategies = []Strategy{
	LinuxSmall, LinuxBig, LinuxBigIndirect, LinuxMergeable, NetKVMMergeable, NetKVM, EDK2, IPXE, UBoot,
	HeaderOnly, HeaderSplit, HeaderAstride, SingleBytes,
}

func linuxBig(header int) []int { return append([]int{header, 4064}, page(17)...) }
