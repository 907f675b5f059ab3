package virtiopci

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

const (
	maxQueues    = 1024 // QEMU's VIRTIO_QUEUE_MAX
	maxQueueSize = 1024 // QEMU's VIRTQUEUE_MAX_SIZE
	maxVectors   = 2048 // PCI: Table Size is 11 bits of n-1
)

// A shape is what is decided before the first register exists.
type shape struct {
	id      pci.Identity
	modern  bool
	vectors int
}

// describe asks the device what it is and checks that it can be carried as configured (QEMU: virtio_pci_realize and
// virtio_pci_device_plugged).
func (t *Transport) describe() (s shape, err error) {
	if t.cfg.Device == nil || t.cfg.Memory == nil {
		return s, errors.New("virtiopci: a transport needs a device and guest memory")
	}
	t.info = t.cfg.Device.Info()
	if t.info.Queues == nil || t.info.Config == nil {
		return s, fmt.Errorf("virtiopci: virtio device type %d describes no queues or no configuration space", t.info.ID)
	}
	t.sizes = t.info.Queues(virtio.Features{})
	t.legacy = !t.cfg.DisableLegacy
	// A device that does not offer VERSION_1 has no modern interface, whatever was asked for: its backend cannot.
	s.modern = !t.cfg.DisableModern && t.info.Features.Has(virtio.Version1)
	if err = t.checkInterfaces(s.modern); err != nil {
		return s, err
	}
	if s.vectors, err = t.vectors(); err != nil {
		return s, err
	}
	if err = t.checkROM(); err != nil {
		return s, err
	}
	s.id, err = identity(t.info.ID, t.legacy)
	return s, err
}

func (t *Transport) checkInterfaces(modern bool) error {
	switch {
	case !t.legacy && t.cfg.DisableModern:
		return errors.New("virtiopci: device cannot work as neither modern nor legacy mode is enabled; set either disable-modern or disable-legacy to off")
	case !t.legacy && !modern:
		return errors.New("virtiopci: the device does not offer VIRTIO_F_VERSION_1 and works as a legacy device only; set disable-legacy to off")
	case t.legacy && t.info.Features.Has(virtio.AccessPlatform):
		return errors.New("virtiopci: VIRTIO_F_IOMMU_PLATFORM was supported by neither legacy nor transitional device; set disable-legacy to on, or iommu_platform to off")
	}
	return nil
}

func (t *Transport) vectors() (int, error) {
	n := t.cfg.Vectors
	if n == DefaultVectors {
		n = min(t.queueLimit()+1, maxVectors)
	}
	if n < 0 || n > maxVectors {
		return 0, fmt.Errorf("virtiopci: vectors=%d: an MSI-X table has at most %d entries; 0 means no MSI-X", n, maxVectors)
	}
	if n > 0 && t.cfg.MSI == nil {
		return 0, fmt.Errorf("virtiopci: vectors=%d needs a machine that delivers MSI; set vectors to 0", n)
	}
	return n, nil
}

func (t *Transport) checkROM() error {
	const least, most = 2 << 10, 1 << 31 // what an expansion ROM register can say
	size, have := t.cfg.ROMSize, uint64(len(t.cfg.ROM))
	switch {
	case size == 0 && have == 0:
		return nil
	case size < least || size > most || size&(size-1) != 0:
		return fmt.Errorf("virtiopci: romsize=%d: it must be a power of two from %d to %d, or 0 for no ROM", size, least, most)
	case have > size:
		return fmt.Errorf("virtiopci: an expansion ROM of %d bytes does not fit romsize=%d", have, size)
	}
	return nil
}

// queueLimit is how many queues there can be: with what a driver gets that accepts nothing, and with all of it.
func (t *Transport) queueLimit() int {
	all := t.info.Features.Or(t.info.Legacy)
	return min(max(len(t.sizes), len(t.info.Queues(all))), maxQueues)
}

func (t *Transport) maxSize() uint32 {
	if t.info.MaxQueueSize == 0 {
		return maxQueueSize
	}
	return uint32(t.info.MaxQueueSize)
}
