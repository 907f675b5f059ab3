package virtiopci

import (
	"encoding/binary"
	"math/bits"

	"github.com/drydock-vmm/drydock/devices/pci"
)

// The base address registers, as QEMU numbers them (virtio_pci_realize).
const (
	barLegacy    = 0
	barMSIX      = 1
	barPIONotify = 2
	barModern    = 4
)

// Structure types of 4.1.4.
const (
	cfgCommon = 1
	cfgNotify = 2
	cfgISR    = 3
	cfgDevice = 4
	cfgPCI    = 5
)

const (
	pageSize      = 0x1000
	commonBase    = 0x0000
	isrBase       = 0x1000
	deviceBase    = 0x2000
	notifyBase    = 0x3000
	notifyStride  = 4 // bytes between the notification addresses of two queues: 1024 of them in a page
	pioNotifySize = 4
)

// A part is a structure of the modern interface in BAR4.
type part struct {
	kind       byte
	base, size uint64
	region
}

// parts is BAR4. What lies in no part reads as zeros.
type parts []part

// find returns the part in which n bytes at off lie.
func (ps parts) find(off uint64, n int) (part, bool) {
	for _, p := range ps {
		if off >= p.base && off+uint64(n) <= p.base+p.size {
			return p, true
		}
	}
	return part{}, false
}

// bar makes BAR4's registers of its parts.
func (ps parts) bar() region {
	return region{
		read: func(off uint64, size int) uint32 {
			if p, ok := ps.find(off, size); ok && p.read != nil {
				return p.read(off-p.base, size)
			}
			return 0
		},
		write: func(off uint64, size int, v uint32) {
			if p, ok := ps.find(off, size); ok && p.write != nil {
				p.write(off-p.base, size, v)
			}
		},
	}
}

func (ps parts) size() uint64 {
	end := ps[len(ps)-1].base + ps[len(ps)-1].size
	return ceilPowerOfTwo(end)
}

// build makes the PCI function. The order of the capabilities decides their addresses.
func (t *Transport) build(s shape) {
	t.fn = pci.NewFunction(s.id)
	if t.cfg.Multifunction {
		t.fn.SetMultifunction()
	}
	if t.legacy {
		config := legacyConfig
		if s.vectors > 0 { // a driver may enable them
			config = legacyConfigMSIX
		}
		size := ceilPowerOfTwo(uint64(config + t.info.Config.Len()))
		t.fn.AddBAR(barLegacy, pci.IO, size, t.legacyRegion(), t.mapped(barLegacy))
	}
	if s.modern {
		t.buildModern()
	}
	if s.vectors > 0 {
		t.addVectors(s.vectors)
	}
	if t.cfg.ROMSize > 0 {
		t.fn.AddROM(t.cfg.ROMSize, t.cfg.ROM)
	}
	t.fn.OnCommand(func(_, command uint16) { t.commandWritten(command) })
	t.fn.OnReset(t.busReset)
}

func (t *Transport) buildModern() {
	t.modern = parts{
		{cfgCommon, commonBase, pageSize, t.commonRegion()},
		{cfgISR, isrBase, pageSize, t.isrRegion()},
		{cfgDevice, deviceBase, pageSize, t.configRegion()},
		{cfgNotify, notifyBase, t.stride() * maxQueues, t.notifyRegion()},
	}
	for _, p := range t.modern {
		if p.kind != cfgNotify {
			t.addCapability(capability{kind: p.kind, bar: barModern, off: p.base, length: p.size})
		}
	}
	t.addCapability(capability{
		kind: cfgNotify, bar: barModern, off: notifyBase, length: t.stride() * maxQueues, extra: le32(uint32(t.stride())),
	})
	if t.cfg.ModernPIONotify {
		t.addCapability(capability{kind: cfgNotify, bar: barPIONotify, length: pioNotifySize, extra: le32(0)})
		t.fn.AddBAR(barPIONotify, pci.IO, pioNotifySize, t.pioNotifyRegion(), t.mapped(barPIONotify))
	}
	t.addWindow()
	t.fn.AddBAR(barModern, pci.Mem64Prefetch, t.modern.size(), t.modern.bar(), t.mapped(barModern))
}

// addVectors adds the MSI-X table. A driver that enables it no longer hears INTx: the line falls. It does not rise again when
// MSI-X is disabled, because a driver that used vectors never read the ISR, and the line would stay high for nobody.
func (t *Transport) addVectors(n int) {
	t.msix = t.fn.AddMSIX(n, barMSIX, t.cfg.MSI)
	t.vectorUsers = make([]int, n)
	t.msix.OnEnable(t.updateLine)
}

// A capability is a struct virtio_pci_cap (4.1.4): where in a BAR a structure is. extra follows it.
type capability struct {
	kind, bar   byte
	off, length uint64
	extra       []byte
	mask        []byte // of the bits that a driver can write, behind id and next; nil: none
}

// addCapability returns the address of what it adds.
func (t *Transport) addCapability(c capability) int {
	body := make([]byte, 14, 14+len(c.extra))
	body[0] = byte(2 + len(body) + len(c.extra)) // cap_len counts the id and next bytes too
	body[1], body[2] = c.kind, c.bar
	binary.LittleEndian.PutUint32(body[6:], uint32(c.off))
	binary.LittleEndian.PutUint32(body[10:], uint32(c.length))
	return t.fn.AddCapability(pci.CapabilityVendor, append(body, c.extra...), c.mask)
}

// stride is notify_off_multiplier; queue_notify_off is the queue's number.
func (t *Transport) stride() uint64 {
	if t.cfg.PagePerVQ {
		return pageSize
	}
	return notifyStride
}

func le32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func ceilPowerOfTwo(n uint64) uint64 { return 1 << bits.Len64(n-1) }
