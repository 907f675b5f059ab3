package args

import (
	"fmt"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/block"
)

// A Disk is the host's side of a disk: a -drive, or a node that a -blockdev describes.
type Disk struct {
	ID     string // of a -drive; "" for a -blockdev
	Node   string // node-name; "" if it has none
	Driver string // file, host_device or null-co
	Path   string // of a file or device
	Format string // raw; "" if nobody said so
	Open   block.Options

	Size       int64 // of a null-co
	ReadZeroes bool

	Snapshot       bool   // what is written is forgotten at the end
	WriteThrough   bool   // cache.writeback=off
	WError, RError string // auto, report or ignore
	Virtio         bool   // if=virtio: it gets a device of its own

	aio string // until addDisk has checked it
}

// drivers are the block drivers that there are. A raw one only stands on another.
var drivers = []string{"file", "host_device", "null-co", "raw"}

// Name is what a -device calls the disk.
func (d *Disk) Name() string {
	if d.ID != "" {
		return d.ID
	}
	return d.Node
}

// String is the disk for an error, as it stands on the command line.
func (d *Disk) String() string {
	switch {
	case d.ID != "":
		return "-drive id=" + d.ID
	case d.Node != "":
		return "-blockdev node-name=" + d.Node
	}
	return "-drive file=" + d.Path
}

// Disk returns the disk that a -device names by drive=, nil if there is none: drives come before nodes, as in QEMU.
func (m *Machine) Disk(name string) *Disk {
	for _, is := range []func(d *Disk) bool{
		func(d *Disk) bool { return d.ID == name },
		func(d *Disk) bool { return d.Node == name },
	} {
		if i := slices.IndexFunc(m.Disks, is); name != "" && i >= 0 {
			return m.Disks[i]
		}
	}
	return nil
}

// addDisk adds a disk whose names are new.
func (m *Machine) addDisk(d *Disk) error {
	if d.aio == "native" && !d.Open.Direct {
		return fmt.Errorf("%v: aio=native was specified, but it requires cache.direct=on, which was not specified", d)
	}
	d.aio = "" // it is done with
	for _, name := range []string{d.ID, d.Node} {
		if m.Disk(name) != nil {
			return fmt.Errorf("%v: another disk is called %s", d, name)
		}
	}
	m.Disks = append(m.Disks, d)
	return nil
}

// commonProps are what drives and nodes have in common, under their names in a -blockdev.
func (d *Disk) commonProps() option.Props {
	return option.Props{
		"node-name": option.ToID(&d.Node), "read-only": option.ToBool(&d.Open.ReadOnly), "auto-read-only": option.ToBool(&d.Open.AutoReadOnly),
		"cache.direct": option.ToBool(&d.Open.Direct), "cache.no-flush": option.ToBool(&d.Open.NoFlush), "discard": d.setDiscard,
		"detect-zeroes": onlyOff, "force-share": mustBe(false),
	}
}

// onlyOff is for a switch with more than two ways.
func onlyOff(s string) error {
	if s != "off" {
		return fmt.Errorf("zeros are not looked for in what a guest writes; leave it out")
	}
	return nil
}

func (d *Disk) setDiscard(s string) error {
	switch s {
	case "unmap", "on":
		d.Open.Unmap = true
	case "ignore", "off":
		d.Open.Unmap = false
	default:
		return fmt.Errorf("invalid discard option: write unmap or ignore")
	}
	return nil
}

// protocolProps are those of the driver itself, which a -drive and a raw node have under file.
func (d *Disk) protocolProps() option.Props {
	switch d.Driver {
	case "null-co":
		return option.Props{"size": d.setSize, "read-zeroes": option.ToBool(&d.ReadZeroes), "latency-ns": onlyNumber(0)}
	default:
		return option.Props{"filename": option.ToString(&d.Path), "locking": d.setLocking, "aio": d.setAIO, "aio-max-batch": ignoredNumber,
			"drop-cache": ignoredSwitch, "x-check-cache-dropped": ignoredSwitch}
	}
}

func (d *Disk) setSize(s string) error {
	v, err := option.Size(s, 1)
	d.Size = int64(v)
	return err
}

func (d *Disk) setLocking(s string) error {
	if s == "auto" {
		d.Open.NoLock = false
		return nil
	}
	on, err := option.Bool(s)
	d.Open.NoLock = !on
	return err
}

// setAIO accepts all of QEMU's ways to do what is done here in one: no guest can tell.
func (d *Disk) setAIO(s string) error {
	return option.OneOf(&d.aio, "threads", "native", "io_uring")(s)
}
