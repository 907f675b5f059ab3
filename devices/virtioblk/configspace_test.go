package virtioblk

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
)

func nullDisk(t *testing.T, bytes int64) *block.Null {
	t.Helper()
	n, err := block.NewNull(bytes, true)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// word is the low 64 bits of a set, as a driver reads them.
func word(f virtio.Features) uint64 { return f[0] }

// What QEMU 7.2.22 shows of a raw image of 64 MiB with these properties of virtio-blk-pci: the features that a modern driver reads,
// those of the legacy interface, and the configuration space.
var faces = []struct {
	properties     string
	config         Config
	modern, legacy uint64
	space          string
}{
	{"none", Config{}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"num-queues=4", Config{Queues: 4}, 0x10130007e54, 0x79007e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000400 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"discard=off,write-zeroes=off", Config{Features: DefaultFeatures().Without(Discard, WriteZeroes)}, 0x10130000e54, 0x79000e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100"},
	{"write-zeroes=off", Config{Features: DefaultFeatures().Without(WriteZeroes)}, 0x10130002e54, 0x79002e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000"},
	{"discard=off", Config{Features: DefaultFeatures().Without(Discard)}, 0x10130004e54, 0x79004e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 00000000 00000000 00000000 ffff3f00 01000000 01"},
	{"logical_block_size=4096,physical_block_size=8192,min_io_size=8192,opt_io_size=65536",
		Config{LogicalBlock: 4096, PhysicalBlock: 8192, MinIO: 8192, OptIO: 65536}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 82001038 00100000 01000200 10000000 01000100 ffff3f00 01000000 08000000 ffff3f00 01000000 01"},
	{"queue-size=1024,seg-max-adjust=off", Config{QueueSize: 1024, FixedSegMax: true}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 7e000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"discard_granularity=65536", Config{DiscardGranularity: 65536}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 80000000 ffff3f00 01000000 01"},
	{"discard_granularity=65536,report-discard-granularity=off", Config{DiscardGranularity: 65536, HideGranularity: true}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"disable-modern=on", Config{Features: LegacyFeatures(DefaultFeatures())}, 0x10030006e54, 0x71006ed4,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"a read-only drive", Config{ReadOnly: true}, 0x10130006e74, 0x79006e74,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"write-cache=off", Config{WriteThrough: true}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 00000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"cyls=10,heads=3,secs=7", Config{Cylinders: 10, Heads: 3, Sectors: 7}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 0a000307 00020000 00000000 00000000 01000100 ffff3f00 01000000 01000000 ffff3f00 01000000 01"},
	{"max-discard-sectors=1000,max-write-zeroes-sectors=77", Config{MaxDiscard: 1000, MaxWriteZeroes: 77}, 0x10130006e54, 0x79006e54,
		"0000020000000000 00000000 fe000000 8200103f 00020000 00000000 00000000 01000100 e8030000 01000000 01000000 4d000000 01000000 01"},
}

func TestTheFaceIsQEMUs(t *testing.T) {
	for _, f := range faces {
		t.Run(f.properties, func(t *testing.T) {
			f.config.Disk = nullDisk(t, 64<<20)
			info := newDevice(t, f.config).Info()
			if info.ID != 2 || word(info.Features) != f.modern || word(info.Features.Or(info.Legacy))&0xffffffff != f.legacy {
				t.Errorf("offers %#x, legacy %#x", word(info.Features), word(info.Features.Or(info.Legacy)))
			}
			got := make([]byte, info.Config.Len())
			info.Config.Read(0, got)
			if want, err := hex.DecodeString(strings.ReplaceAll(f.space, " ", "")); err != nil || string(got) != string(want) {
				t.Errorf("the space is\n%x, want\n%x", got, want)
			}
		})
	}
}

func TestWithoutAWriteCacheAndAWayToSwitchItOnThereIsNoFlush(t *testing.T) {
	d := newDevice(t, Config{Disk: nullDisk(t, 1<<20), WriteThrough: true, Features: DefaultFeatures().Without(ConfigWCE)})
	if d.Info().Features.Has(Flush) {
		t.Error("FLUSH is offered")
	}
}

func TestWhatADeviceCannotBeIsSaid(t *testing.T) {
	disk := nullDisk(t, 1<<20)
	for _, tc := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no disk", Config{}, "drive property not set"},
		{"a queue of 2", Config{Disk: disk, QueueSize: 2}, "queue-size"},
		{"a queue of 100", Config{Disk: disk, QueueSize: 100}, "power of 2"},
		{"a queue of 2048", Config{Disk: disk, QueueSize: 2048}, "power of 2"},
		{"too many queues", Config{Disk: disk, Queues: 1025}, "num-queues"},
		{"a negative number of queues", Config{Disk: disk, Queues: -1}, "num-queues"},
		{"blocks that are no power of two", Config{Disk: disk, LogicalBlock: 1000}, "logical_block_size"},
		{"blocks of 4 MiB", Config{Disk: disk, PhysicalBlock: 4 << 20}, "physical_block_size"},
		{"logical blocks greater than physical ones", Config{Disk: disk, LogicalBlock: 4096}, "logical_block_size 4096 > physical_block_size 512"},
		{"min_io_size of no whole blocks", Config{Disk: disk, MinIO: 1000}, "min_io_size"},
		{"min_io_size that a field cannot hold", Config{Disk: disk, MinIO: 65536 * 512}, "min_io_size"},
		{"opt_io_size of no whole blocks", Config{Disk: disk, OptIO: 1000}, "opt_io_size"},
		{"discard_granularity of no whole blocks", Config{Disk: disk, DiscardGranularity: 1000}, "discard_granularity"},
		{"too long discards", Config{Disk: disk, MaxDiscard: 4194304}, "max-discard-sectors"},
		{"too many zeroes", Config{Disk: disk, MaxWriteZeroes: 5000000}, "max-write-zeroes-sectors"},
		{"half a geometry", Config{Disk: disk, Cylinders: 10}, "give all three"},
		{"a feature of another kind of device", Config{Disk: disk, Features: DefaultFeatures().With(17)}, "feature bit 17"},
		{"O_DIRECT in larger blocks than the guest's", Config{Disk: coarse{disk}}, "logical_block_size=4096"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := New(tc.config); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// coarse is a disk that takes whole pages only.
type coarse struct{ *block.Null }

func (coarse) Alignment() int64 { return 4096 }

func TestTheGeometryIsThatOfThePartitionTable(t *testing.T) {
	for _, tc := range []struct {
		name         string
		size         int64
		head, sector byte // that the first partition ends at
		signature    string
		c, h, s      int
	}{
		{"no partition table", 64 << 20, 9, 32, "\x00\x00", 130, 16, 63},
		{"a partition that ends at head 9, sector 32", 64 << 20, 9, 32, "\x55\xaa", 409, 10, 32},
		{"the sector's high bits are of the cylinder", 64 << 20, 9, 0xc0 | 32, "\x55\xaa", 409, 10, 32},
		{"a translated geometry", 64 << 20, 254, 63, "\x55\xaa", 130, 16, 63},
		{"no sectors", 64 << 20, 9, 0, "\x55\xaa", 130, 16, 63},
		{"more cylinders than an ATA disk has", 64 << 20, 1, 1, "\x55\xaa", 130, 16, 63},
		{"a disk of nothing", 0, 0, 0, "\x55\xaa", 2, 16, 63},
		{"a disk of a terabyte", 1 << 40, 0, 0, "\x00\x00", 16383, 16, 63},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := make([]byte, 512)
			b[446+5], b[446+6], b[446+12] = tc.head, tc.sector, 1
			copy(b[510:], tc.signature)
			d := newDevice(t, Config{Disk: boot{nullDisk(t, tc.size), b}})
			if int(d.cfg.Cylinders) != tc.c || int(d.cfg.Heads) != tc.h || int(d.cfg.Sectors) != tc.s {
				t.Errorf("%d cylinders, %d heads, %d sectors; want %d, %d, %d", d.cfg.Cylinders, d.cfg.Heads, d.cfg.Sectors, tc.c, tc.h, tc.s)
			}
		})
	}
}

func TestAResizeIsShownAndTold(t *testing.T) {
	disk := nullDisk(t, 1<<20)
	r := start(t, Config{Disk: disk}, modern)
	r.want(command{kind: typeIn, sector: 2048, in: 512}, statusIOErr)
	if err := r.device.Resize(2 << 20); err != nil {
		t.Fatal(err)
	}
	<-r.ConfigChanged()
	var b [8]byte
	if r.device.config.Read(configCapacity, b[:]); b != [8]byte{0, 16} {
		t.Errorf("the capacity is %v", b)
	}
	r.want(command{kind: typeIn, sector: 2048, in: 512}, statusOK)
	if r.device.config.Generation() != 1 {
		t.Errorf("the generation is %d", r.device.config.Generation())
	}
	if err := r.device.Resize(1000); err == nil {
		t.Error("a size of 1000 bytes was taken")
	}
	if r.device.Size() != 2<<20 || r.device.ReadOnly() {
		t.Errorf("%d bytes, read-only %v", r.device.Size(), r.device.ReadOnly())
	}
}

func TestADiskThatCannotBeResizedSaysSo(t *testing.T) {
	d := newDevice(t, Config{Disk: newScript(1 << 20), Name: "d0"})
	if err := d.Resize(2 << 20); err == nil || !strings.Contains(err.Error(), "d0 cannot be resized") {
		t.Errorf("got %v", err)
	}
}
