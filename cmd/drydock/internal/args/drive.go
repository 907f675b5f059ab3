package args

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/block"
)

// A drive is a -drive while it is read: what belongs to the file is only known when the file is.
type drive struct {
	*Disk
	bus   string // if=
	media string
}

func (m *Machine) addDrive(l option.List) error {
	d := drive{Disk: &Disk{Driver: "file", Size: block.DefaultNullSize, WError: "auto", RError: "auto"}, bus: "ide"}
	d.Open.AutoReadOnly = true
	if err := d.findDriver(l); err != nil {
		return err
	}
	if err := l.First("cache").Decode("-drive", d.props()); err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	d.Virtio = d.bus == "virtio"
	if d.ID == "" {
		d.ID = m.freeDriveID(d.bus)
	}
	return m.addDisk(d.Disk)
}

// freeDriveID is QEMU's name for a drive that has none: its bus and number.
func (m *Machine) freeDriveID(bus string) string {
	for n := 0; ; n++ {
		if id := fmt.Sprintf("%s%d", bus, n); m.Disk(id) == nil {
			return id
		}
	}
}

// findDriver sets driver and path, by which of the three ways they are given: as a name with the driver before it, as a driver of
// the file, or as the drive's own driver.
func (d *drive) findDriver(l option.List) error {
	if driver, ok := l.Get("file.driver"); ok {
		return d.setDriver(driver)
	}
	_, driver := l.Get("driver")
	if _, format := l.Get("format"); driver && format {
		return errors.New("-drive: Cannot specify both 'driver' and 'format'; leave one out")
	}
	for _, key := range []string{"driver", "format"} {
		if driver, ok := l.Get(key); ok && driver != block.Raw {
			return d.setDriver(driver)
		}
	}
	name, _ := l.Get("file")
	protocol, path, given := strings.Cut(name, ":")
	if !given || strings.Contains(protocol, "/") {
		return nil // a colon of the name itself
	}
	if err := d.setDriver(protocol); err != nil {
		return err
	}
	if d.Driver == "null-co" {
		d.Path = ""
	} else {
		d.Path = path
	}
	return nil
}

func (d *drive) setDriver(s string) error {
	if s == block.Raw {
		return errors.New("-drive: a raw file is not a file; write file.driver=file")
	}
	if err := option.OneOf(&d.Driver, drivers...)(s); err != nil {
		return fmt.Errorf("-drive: unknown driver '%s': only raw images are read (file, host_device), and null-co", s)
	}
	return nil
}

// props are those of -drive and, under file. or as they are, those of what it is on.
func (d *drive) props() option.Props {
	p := d.commonProps()
	inner := d.protocolProps()
	maps.Copy(p, inner)
	for name, set := range inner {
		p["file."+name] = set
	}
	p["file.driver"], p["file.node-name"] = option.Ignored, option.Ignored // seen by findDriver; nobody can name it
	p["file"] = d.setFile
	p["id"], p["if"], p["media"] = option.ToString(&d.ID), option.ToString(&d.bus), option.OneOf(&d.media, "disk", "cdrom")
	p["format"], p["driver"] = d.setFormat, d.setFormat
	p["readonly"], p["cache"] = p["read-only"], d.setCache
	p["cache.writeback"] = d.setWriteBack
	p["werror"], p["rerror"] = setErrorAction(&d.WError), setErrorAction(&d.RError)
	p["aio"] = d.setAIO
	p["index"], p["bus"], p["unit"] = ignoredNumber, ignoredNumber, ignoredNumber // of controllers that the machine does not have
	p["snapshot"], p["copy-on-read"] = option.ToBool(&d.Snapshot), mustBe(false)
	return p
}

// setFile leaves alone what findDriver has taken apart.
func (d *drive) setFile(s string) error {
	if d.Path == "" && d.Driver != "null-co" {
		d.Path = s
	}
	return nil
}

// setFormat takes what findDriver has checked.
func (d *drive) setFormat(s string) error {
	if s == block.Raw {
		d.Format = s
	}
	return nil
}

// cacheModes are the values of cache (QEMU's bdrv_parse_cache_mode): whether the disk has a write cache, whether the host's page
// cache is passed by, and whether flushes are for nothing.
var cacheModes = map[string]struct{ writeBack, direct, noFlush bool }{
	"writeback": {true, false, false}, "none": {true, true, false}, "off": {true, true, false}, "writethrough": {},
	"directsync": {false, true, false}, "unsafe": {true, false, true},
}

func (d *drive) setCache(s string) error {
	mode, ok := cacheModes[s]
	if !ok {
		return errors.New("invalid cache option: write writeback, none, writethrough, directsync or unsafe")
	}
	d.WriteThrough, d.Open.Direct, d.Open.NoFlush = !mode.writeBack, mode.direct, mode.noFlush
	return nil
}

func (d *drive) setWriteBack(s string) error {
	on, err := option.Bool(s)
	d.WriteThrough = !on
	return err
}

// setErrorAction accepts what does not stop the machine.
func setErrorAction(dst *string) func(string) error {
	return func(s string) error {
		if s == "enospc" || s == "stop" {
			return errors.New("the machine is not stopped for a disk's error; write report (the guest gets an I/O error), or ignore")
		}
		return option.OneOf(dst, "auto", "report", "ignore")(s)
	}
}

// check is what only the whole -drive can tell.
func (d *drive) check() error {
	if d.media == "cdrom" {
		d.Open.ReadOnly = true
	}
	switch {
	case d.bus == "ide":
		return fmt.Errorf("-drive %s: without if= it would be on an IDE controller, which this machine does not have; write if=virtio, or if=none and a -device virtio-blk-pci,drive=ID", d.what())
	case d.bus != "none" && d.bus != "virtio":
		return fmt.Errorf("-drive %s: if=%s: the machine has no such controller; write if=virtio, or if=none and a -device", d.what(), d.bus)
	case d.Driver != "null-co" && d.Path == "":
		return fmt.Errorf("-drive %s: Device needs media, but drive is empty; add file=PATH,format=raw", d.what())
	}
	return nil
}

func (d *drive) what() string {
	if d.ID != "" {
		return "id=" + d.ID
	}
	return "file=" + d.Path
}

// addDriveDevices gives drives with if=virtio their devices, behind those of the command line.
func (m *Machine) addDriveDevices() error {
	for _, d := range m.Disks {
		if !d.Virtio {
			continue
		}
		if _, err := m.AddDevice(option.List{{Key: "driver", Value: "virtio-blk-pci"}, {Key: "drive", Value: d.ID}}); err != nil {
			return err
		}
	}
	return nil
}
