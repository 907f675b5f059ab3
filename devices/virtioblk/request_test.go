package virtioblk

import (
	"bytes"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

var layouts = []layout{
	plain,
	{name: "header, data, status in an indirect table", read: plain.read, indirect: true},
	{name: "header and data together, data and status together", read: []int{1 << 30}, write: []int{1 << 30}},
	{name: "header split in three", read: []int{4, 4, 8, 1 << 30}},
	{name: "header's end and data's beginning together", read: []int{15, 100, 1 << 30}, write: []int{511, 2, 1 << 30}},
	{name: "data by the sector", read: []int{16, 512}, write: []int{512}},
	{name: "status behind a single byte of data", read: []int{1 << 30}, write: []int{1535, 2}},
	{name: "odd lengths in an indirect table", read: []int{1, 2, 3, 5, 7, 11, 13, 17}, write: []int{17, 13, 1, 64}, indirect: true},
}

var modes = []struct {
	name     string
	features virtio.Features
}{
	{"modern", modern},
	{"modern without event index", modern.Without(virtio.EventIdx)},
	{"modern in order", modern.With(virtio.InOrder)},
	{"packed", modern.With(virtio.RingPacked)},
	{"packed in order", modern.With(virtio.RingPacked, virtio.InOrder)},
	{"legacy", modern.Without(virtio.Version1)},
	{"legacy with any layout", modern.Without(virtio.Version1).With(virtio.AnyLayout)},
}

func TestEveryRequestIsUnderstoodInEveryLayout(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			for _, l := range layouts {
				t.Run(l.name, func(t *testing.T) {
					everyRequest(t, start(t, Config{Serial: "drydock-0123456789-and-more"}, mode.features), l)
				})
			}
		})
	}
}

// everyRequest does one of each and compares the disk and what came back.
func everyRequest(t *testing.T, r *rig, l layout) {
	want := pattern(imageSize, 1)
	for _, tc := range []struct {
		name string
		c    command
		in   []byte
	}{
		{"OUT", command{kind: typeOut, sector: 3, out: pattern(1536, 9)}, nil},
		{"IN", command{kind: typeIn, sector: 2, in: 1536}, append(pattern(imageSize, 1)[1024:1536], pattern(1536, 9)[:1024]...)},
		{"OUT with the barrier bit", command{kind: typeOut | typeBarrier, sector: 100, out: pattern(512, 5)}, nil},
		{"FLUSH", command{kind: typeFlush}, nil},
		{"GET_ID", command{kind: typeGetID, in: 20}, []byte("drydock-0123456789-a")},
		{"GET_ID in less room", command{kind: typeGetID, in: 7}, []byte("drydock")},
		{"WRITE_ZEROES", command{kind: typeWriteZeroes, out: segment(50, 3, 0)}, nil},
		{"WRITE_ZEROES that may unmap", command{kind: typeWriteZeroes, out: segment(60, 8, 1)}, nil},
		{"DISCARD", command{kind: typeDiscard, out: segment(80, 8, 0)}, nil},
		{"IN of nothing", command{kind: typeIn, sector: imageSize / 512}, nil},
	} {
		a := r.do(tc.c, l)
		if a.status != statusOK || a.used != uint32(tc.c.in+1) {
			t.Errorf("%s: status %d, used length %d", tc.name, a.status, a.used)
		}
		if !bytes.Equal(a.in, tc.in) && tc.in != nil {
			t.Errorf("%s: %q came back, want %q", tc.name, a.in, tc.in)
		}
	}
	copy(want[3*512:], pattern(1536, 9))
	copy(want[100*512:], pattern(512, 5))
	clear(want[50*512:][:3*512])
	clear(want[60*512:][:8*512])
	clear(want[80*512:][:8*512]) // a hole of a file reads as zeros
	if !bytes.Equal(r.contents(), want) {
		t.Error("the disk is not what was written to it")
	}
}

func TestAShortSerialNumberEndsWithANul(t *testing.T) {
	r := start(t, Config{Serial: "abc"}, modern)
	a := r.want(command{kind: typeGetID, in: 20}, statusOK)
	want := append([]byte("abc\x00"), pattern(20, 0xee)[4:]...)
	if !bytes.Equal(a.in, want) {
		t.Errorf("got %q, want %q", a.in, want)
	}
}

func TestWhatIsWrongWithARequestIsInItsStatus(t *testing.T) {
	const last = imageSize / 512
	for _, tc := range []struct {
		name   string
		config Config
		c      command
		want   byte
	}{
		{"a read beyond the end", Config{}, command{kind: typeIn, sector: last - 1, in: 1024}, statusIOErr},
		{"a read far beyond the end", Config{}, command{kind: typeIn, sector: 1 << 63, in: 512}, statusIOErr},
		{"a write whose end overflows", Config{}, command{kind: typeOut, sector: 1<<64 - 1, out: make([]byte, 1024)}, statusIOErr},
		{"a read that is not whole sectors", Config{}, command{kind: typeIn, in: 513}, statusIOErr},
		{"a write that is not whole sectors", Config{}, command{kind: typeOut, out: make([]byte, 100)}, statusIOErr},
		{"a read of less than a logical block", Config{LogicalBlock: 4096, PhysicalBlock: 4096}, command{kind: typeIn, in: 512}, statusIOErr},
		{"a read from within a logical block", Config{LogicalBlock: 4096, PhysicalBlock: 4096}, command{kind: typeIn, sector: 1, in: 4096}, statusIOErr},
		{"a write to a read-only disk", Config{ReadOnly: true}, command{kind: typeOut, out: make([]byte, 512)}, statusIOErr},
		{"zeroes to a read-only disk", Config{ReadOnly: true}, command{kind: typeWriteZeroes, out: segment(0, 1, 0)}, statusIOErr},
		{"zeroes of no length to a read-only disk", Config{ReadOnly: true}, command{kind: typeWriteZeroes, out: segment(0, 0, 0)}, statusOK},
		{"a discard of a read-only disk that gives room back", Config{ReadOnly: true}, command{kind: typeDiscard, out: segment(0, 1, 0)}, statusIOErr},
		{"a discard beyond the end", Config{}, command{kind: typeDiscard, out: segment(last, 1, 0)}, statusIOErr},
		{"a discard of more than max_discard_sectors", Config{MaxDiscard: 8}, command{kind: typeDiscard, out: segment(0, 9, 0)}, statusIOErr},
		{"zeroes of more than max_write_zeroes_sectors", Config{MaxWriteZeroes: 8}, command{kind: typeWriteZeroes, out: segment(0, 9, 0)}, statusIOErr},
		{"a discard with the unmap flag", Config{}, command{kind: typeDiscard, out: segment(0, 1, 1)}, statusUnsupp},
		{"a discard with unknown flags", Config{}, command{kind: typeDiscard, out: segment(0, 1, 4)}, statusUnsupp},
		{"zeroes with unknown flags", Config{}, command{kind: typeWriteZeroes, out: segment(0, 1, 3)}, statusUnsupp},
		{"a discard of two segments", Config{}, command{kind: typeDiscard, out: append(segment(0, 1, 0), segment(2, 1, 0)...)}, statusUnsupp},
		{"a discard that is not a write", Config{}, command{kind: typeDiscard &^ typeOut, out: segment(0, 1, 0)}, statusUnsupp},
		{"an unknown type", Config{}, command{kind: 200, in: 20}, statusUnsupp},
		{"GET_LIFETIME, which is not offered", Config{}, command{kind: 10, in: 24}, statusUnsupp},
		{"SCSI without a command block", Config{}, command{kind: typeSCSI, in: 4}, statusIOErr},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, tc.config, modern)
			a := r.want(tc.c, tc.want)
			if !bytes.Equal(a.in, pattern(tc.c.in, 0xee)) {
				t.Error("the driver's buffer was written")
			}
			if !bytes.Equal(r.contents(), pattern(imageSize, 1)) {
				t.Error("the disk was written")
			}
			r.counted("the request", func(s QueueStats) bool {
				return s.Invalid == boolCount(tc.want == statusIOErr) && s.Unsupported == boolCount(tc.want == statusUnsupp)
			})
			r.want(command{kind: typeIn, in: 4096}, statusOK)
		})
	}
}

func TestADiscardOfAReadOnlyDiskThatIgnoresItIsWell(t *testing.T) {
	r := start(t, Config{ReadOnly: true, Disk: newScript(1 << 20)}, modern)
	r.want(command{kind: typeDiscard, out: segment(0, 1, 0)}, statusOK)
}

func boolCount(b bool) uint64 { return uint64(boolByte(b)) }

func TestASCSICommandIsRefusedWithErrorsSet(t *testing.T) {
	r := start(t, Config{}, modern.Without(virtio.Version1).With(SCSI))
	a := r.do(command{kind: typeSCSI, out: make([]byte, 6), in: 96 + 16}, layout{read: []int{16, 6}, write: []int{96, 16, 1}})
	if a.status != statusUnsupp || !bytes.Equal(a.in[96:100], []byte{255, 0, 0, 0}) {
		t.Errorf("status %d, errors %v", a.status, a.in[96:100])
	}
}
