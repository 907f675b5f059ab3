package assemble

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/devices/virtioblk"
)

// backend is an open disk.
type backend interface {
	block.Backend
	block.Resizer
	io.Closer
}

// A Disk is the host's side of a disk, as QMP tells of it.
type Disk struct {
	*args.Disk
	Device     *virtioblk.Device // that has it; nil: none
	DevicePath string            // of that -device in the object tree
	ReadOnly   bool
	Bytes      int64  // that the guest sees
	Allocated  uint64 // that the host has given room to
}

// Disks are those of the command line, in its order.
func (a *Assembly) Disks() []Disk {
	disks := make([]Disk, len(a.machine.Disks))
	for i, d := range a.machine.Disks {
		disks[i] = Disk{Disk: d, ReadOnly: d.Open.ReadOnly, Allocated: allocated(d.Path)}
		if b, dev := a.user(d); dev != nil {
			disks[i].Device, disks[i].DevicePath, disks[i].ReadOnly, disks[i].Bytes = dev, b.Path(), dev.ReadOnly(), dev.Size()
		} else if n, err := sizeOf(d); err == nil {
			disks[i].Bytes = n
		}
	}
	return disks
}

// sizeOf is the size of a disk that no device has.
func sizeOf(d *args.Disk) (int64, error) {
	if d.Driver == "null-co" {
		return d.Size, nil
	}
	f, err := block.Open(d.Path, block.Options{ReadOnly: true, NoLock: true})
	if err != nil {
		return 0, err
	}
	return f.Size(), f.Close()
}

func allocated(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return uint64(st.Blocks) * block.SectorSize
}

// user is the device that has a disk, nil if none has.
func (a *Assembly) user(d *args.Disk) (*args.Blk, *virtioblk.Device) {
	for at, p := range a.parts {
		b, is := at.(*args.Blk)
		if dev, made := p.dev.(*virtioblk.Device); is && made && a.machine.Disk(b.Drive) == d {
			return b, dev
		}
	}
	return nil, nil
}

// ErrNoDisk is wrapped by what ResizeDisk returns for a name that no disk has.
var ErrNoDisk = errors.New("there is no such disk")

// ResizeDisk gives the disk of that name (a -drive's id or a node-name) another size, and tells the guest that has it (QMP's
// block_resize).
func (a *Assembly) ResizeDisk(name string, bytes int64) error {
	d := a.machine.Disk(name)
	if d == nil {
		return fmt.Errorf("disk %q: %w", name, ErrNoDisk)
	}
	if _, dev := a.user(d); dev != nil {
		return dev.Resize(bytes)
	}
	disk, err := a.openDisk(d, false)
	if err != nil {
		return err
	}
	if err = errors.Join(disk.Resize(bytes), disk.Close()); err == nil {
		d.Size = bytes
	}
	return err
}

// openDisk opens what a -drive or -blockdev describes. It is closed with the device that it is opened for.
func (a *Assembly) openDisk(d *args.Disk, share bool) (backend, error) {
	if d.Driver == "null-co" {
		return block.NewNull(d.Size, d.ReadZeroes)
	}
	if d.Format == "" {
		if err := a.guessRaw(d.Path); err != nil {
			return nil, err
		}
	}
	o := d.Open
	o.Share = share
	if d.Snapshot {
		return openSnapshot(d.Path, o)
	}
	f, err := block.Open(d.Path, o)
	if err != nil {
		return nil, err
	}
	if f.ReadOnly() && !o.ReadOnly {
		a.log.Warn().Msgf("%v: the host does not let '%s' be written; the guest gets a read-only disk", d, d.Path)
	}
	return f, nil
}

// A snapshot is an overlay and the image that it is over.
type snapshot struct {
	*block.Overlay
	image *block.File
}

func (s snapshot) Close() error { return errors.Join(s.Overlay.Close(), s.image.Close()) }

// Alignment is the image's, which is read with O_DIRECT if it was asked for.
func (s snapshot) Alignment() int64 { return s.image.Alignment() }

// openSnapshot opens an image that is only read.
func openSnapshot(path string, o block.Options) (backend, error) {
	o.ReadOnly = true
	image, err := block.Open(path, o)
	if err != nil {
		return nil, err
	}
	overlay, err := block.NewOverlay(image)
	if err != nil {
		return nil, errors.Join(err, image.Close())
	}
	return snapshot{overlay, image}, nil
}

// guessRaw is for an image of which nobody said that it is raw: QEMU would read it as what it seems to be.
func (a *Assembly) guessRaw(path string) error {
	format, err := block.Probe(path)
	switch {
	case err != nil:
		return err
	case format != block.Raw:
		return fmt.Errorf("'%s' looks like a %s image, and only raw ones are read: make one with qemu-img convert -O raw, or say format=raw if its bytes are the disk's", path, format)
	}
	a.log.Warn().Msgf("Image format was not specified for '%s' and probing guessed raw; specify format=raw, because a guest could make its disk look like another format", path)
	return nil
}

// checkDisks has a file that is not there found when the machine is made, also if no device has it yet.
func (a *Assembly) checkDisks() error {
	for _, d := range a.machine.Disks {
		if d.Driver == "null-co" {
			continue
		}
		if _, err := os.Stat(d.Path); err != nil {
			return fmt.Errorf("%v: could not open '%s': %w", d, d.Path, errors.Unwrap(err))
		}
	}
	return nil
}
