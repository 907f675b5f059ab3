package virtioballoon

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(&b[0])) }

func TestPagesThatTheGuestGivesUpLeaveTheHost(t *testing.T) {
	onRings(t, func(d *driver) {
		const n = 64
		gpa := d.touched(n)
		var pages []uint32
		for i := range n / 2 {
			pages = append(pages, uint32(gpa/pageSize)+uint32(2*i))
		}
		if got := d.resident(gpa, n); got != n {
			d.t.Fatalf("%d pages of %d are resident before", got, n)
		}
		d.send(inflateQueue, d.readable(list(pages...)))
		if got := d.resident(gpa, n); got != n/2 {
			d.t.Errorf("%d pages of %d are resident, want half", got, n)
		}
		if b := d.RAM.Bytes(gpa, 2*pageSize); b[0] != 0 || b[pageSize] != 0xaa {
			d.t.Errorf("a page that was given up begins with %#x, its neighbour with %#x", b[0], b[pageSize])
		}
		d.send(deflateQueue, d.readable(list(pages...)))
		if c := d.dev.Counts(); c != (Counts{Inflated: n / 2}) {
			d.t.Errorf("counted: %+v", c)
		}
	})
}

func TestAListMayBeSplitAnywhere(t *testing.T) {
	onRings(t, func(d *driver) {
		gpa := d.touched(3)
		first := uint32(gpa / pageSize)
		b := list(first, first+1, first+2)
		d.send(inflateQueue, d.readable(b[:3]), d.readable(b[3:9]), d.readable(append(b[9:], 1, 2, 3)))
		if got := d.resident(gpa, 3); got != 0 {
			d.t.Errorf("%d pages of 3 are resident", got)
		}
	})
}

func TestPagesThatAreNotRAMAreIgnored(t *testing.T) {
	onRings(t, func(d *driver) {
		gpa := d.touched(1)
		d.send(inflateQueue, d.readable(list(ramSize/pageSize, 0xffffffff, 0xfec00, uint32(gpa/pageSize))))
		if got := d.resident(gpa, 1); got != 0 {
			d.t.Error("the page behind those is still resident")
		}
	})
}

func TestFreePageReportingGivesMemoryBack(t *testing.T) {
	onRings(t, func(d *driver) {
		const n = 512
		gpa := d.touched(n)
		d.send(reportQueue, virtiotest.Writable(gpa, n/2*pageSize), virtiotest.Writable(gpa+n/2*pageSize, n/4*pageSize))
		if got := d.resident(gpa, n); got != n/4 {
			d.t.Errorf("%d pages of %d are resident, want %d", got, n, n/4)
		}
		if c := d.dev.Counts(); c != (Counts{Reported: n * 3 / 4 * pageSize}) {
			d.t.Errorf("counted: %+v", c)
		}
	})
}

func TestAReportLeavesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		poison   uint32
		off, len int
	}{
		"what does not begin with a page":   {0, 512, pageSize},
		"what does not end with one":        {0, 0, pageSize + 512},
		"pages where the guest has poison":  {0xaaaaaaaa, 0, 2 * pageSize},
		"less than a page":                  {0, 0, 1},
		"what begins and ends within pages": {0, 1, 2*pageSize - 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(t, Config{Features: all})
			d.set(configPoison, c.poison)
			gpa := d.touched(3)
			d.send(reportQueue, virtiotest.Writable(gpa+uint64(c.off), c.len))
			if got := d.resident(gpa, 3); got != 3 {
				t.Errorf("%d pages of 3 are resident", got)
			}
		})
	}
}

func TestHintsGoBack(t *testing.T) {
	onRings(t, func(d *driver) {
		gpa := d.touched(2)
		d.send(hintQueue, d.readable(list(2)))
		d.send(hintQueue, virtiotest.Writable(gpa, 2*pageSize))
		if got := d.resident(gpa, 2); got != 2 {
			d.t.Errorf("%d pages of 2 are resident: hints are for a migration", got)
		}
	})
}

func TestAShortCommandIDIsADriversFault(t *testing.T) {
	d := start(t, Config{Features: all})
	d.Queue(hintQueue).Add(d.readable([]byte{1, 2, 3}))
	d.Queue(hintQueue).Kick()
	if v := d.Violation(patience); v.Rule.Section != "5.5.6.5" {
		t.Errorf("violation of %s", v.Rule.Section)
	}
}

// A keeper takes no page.
type keeper struct {
	mu    sync.Mutex
	pages [][]byte
}

func (k *keeper) Discard(pages []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pages = append(k.pages, pages)
	return errors.New("no, thank you")
}

func TestAHostThatTakesNoPagesIsNotTheGuestsTrouble(t *testing.T) {
	k := new(keeper)
	d := start(t, Config{Features: all, Discarder: k})
	gpa := d.touched(4)
	d.send(inflateQueue, d.readable(list(uint32(gpa/pageSize))))
	d.send(reportQueue, virtiotest.Writable(gpa+pageSize, 3*pageSize))
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.pages) != 2 || len(k.pages[0]) != pageSize || len(k.pages[1]) != 3*pageSize {
		t.Errorf("%d ranges were offered", len(k.pages))
	}
}

func TestMadviseFreesSharedMemoryToo(t *testing.T) {
	const pages = 8
	fd, err := unix.MemfdCreate("ram", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, pages*pageSize); err != nil {
		t.Fatal(err)
	}
	b, err := unix.Mmap(fd, 0, pages*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(b) }()
	copy(b, slices.Repeat([]byte{1}, len(b)))
	if err := (Madvise{}).Discard(b[pageSize : 3*pageSize]); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		t.Fatal(err)
	}
	if got := st.Blocks * 512 / pageSize; got != pages-2 {
		t.Errorf("the file holds %d pages, want %d", got, pages-2)
	}
}
