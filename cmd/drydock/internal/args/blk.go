package args

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/virtioblk"
)

// Blk is one -device virtio-blk-pci with QEMU's properties and defaults.
type Blk struct {
	Function
	Drive      string           // name of a Disk
	Device     virtioblk.Config // what the properties say; Disk, Features and the like are for who makes the device
	AutoQueues bool             // num-queues was not given: one a CPU
	WriteCache string           // on, off, or auto: as the disk's cache mode says
	ShareRW    bool
	WError     string // auto: as the disk says
	RError     string
	IOThread   string
}

func newBlk(kind string) Device {
	return &Blk{Function: newFunction(kind), AutoQueues: true, WriteCache: "auto", WError: "auto", RError: "auto"}
}

func (b *Blk) props() option.Props {
	p := b.Function.props()
	for _, s := range virtioblk.Properties() {
		p[s.Name] = b.setSwitch(s.Feature)
	}
	c := &b.Device
	p["drive"], p["serial"], p["share-rw"] = option.ToString(&b.Drive), option.ToString(&c.Serial), option.ToBool(&b.ShareRW)
	p["num-queues"], p["queue-size"] = b.setQueues, b.setQueueSize
	p["write-cache"], p["seg-max-adjust"] = option.OneOf(&b.WriteCache, "on", "off", "auto"), b.setSegMaxAdjust
	p["logical_block_size"], p["physical_block_size"] = setBlockSize(&c.LogicalBlock), setBlockSize(&c.PhysicalBlock)
	p["min_io_size"], p["opt_io_size"] = option.To(&c.MinIO, size32), option.To(&c.OptIO, size32)
	p["discard_granularity"], p["report-discard-granularity"] = b.setGranularity, b.setReportGranularity
	p["max-discard-sectors"], p["max-write-zeroes-sectors"] = setMaxSectors(&c.MaxDiscard), setMaxSectors(&c.MaxWriteZeroes)
	p["cyls"], p["heads"], p["secs"] = option.ToUint(&c.Cylinders, 16), option.ToUint(&c.Heads, 8), option.ToUint(&c.Sectors, 8)
	p["werror"], p["rerror"] = setErrorAction(&b.WError), setErrorAction(&b.RError)
	p["iothread"], p["failover_pair_id"] = option.ToString(&b.IOThread), onlyEmpty
	p["scsi"], p["class"], p["x-enable-wce-if-config-wce"] = mustBe(false), onlyNumber(0), mustBe(true)
	b.addUnseen(p)
	return p
}

// addUnseen adds properties that no guest sees the effect of: of merging on the host's side, of statistics, of what a BIOS is told.
func (b *Blk) addUnseen(p option.Props) {
	for _, name := range []string{"lcyls", "lheads", "lsecs"} {
		p[name] = ignoredNumber
	}
	for _, name := range []string{"account-failed", "account-invalid"} {
		p[name] = ignoredChoice
	}
	p["request-merging"], p["backend_defaults"] = ignoredSwitch, checkBackendDefaults
}

// ignoredChoice is ignoredSwitch for QEMU's OnOffAuto.
func ignoredChoice(s string) error {
	var choice string
	return option.OneOf(&choice, "on", "off", "auto")(s)
}

func checkBackendDefaults(s string) error {
	if s != "auto" && s != "off" {
		return errors.New("the guest is shown what it is told to be shown; leave it out, and write opt_io_size and discard_granularity")
	}
	return nil
}

// check finds the disk, and refuses one that another device has.
func (b *Blk) check(m *Machine) error {
	if err := b.Function.check(); err != nil {
		return err
	}
	taken := func(d Device) bool { o, is := d.(*Blk); return is && m.Disk(o.Drive) == m.Disk(b.Drive) }
	switch {
	case b.Drive == "":
		return fmt.Errorf("-device %s: drive property not set; add drive=ID of a -drive or the node-name of a -blockdev", b.Kind)
	case m.Disk(b.Drive) == nil:
		return fmt.Errorf("-device %s: drive=%s: there is no -drive with that id, nor a -blockdev with that node-name", b.Kind, b.Drive)
	case slices.ContainsFunc(m.Devices, taken):
		return fmt.Errorf("-device %s: Drive '%s' is already in use by another device", b.Kind, b.Drive)
	}
	return m.checkIOThread(b.IOThread, &b.Ident)
}

func (b *Blk) setQueues(s string) error {
	const auto = math.MaxUint16
	v, err := option.Uint(s, 16)
	b.Device.Queues, b.AutoQueues = int(v), v == auto
	if err == nil && v == 0 {
		err = errors.New("num-queues property must be larger than 0")
	}
	return err
}

func (b *Blk) setQueueSize(s string) error {
	err := option.ToUint(&b.Device.QueueSize, 16)(s)
	if err == nil && b.Device.QueueSize <= 2 {
		err = fmt.Errorf("invalid queue-size property (%d), must be > 2", b.Device.QueueSize)
	}
	return err
}

func (b *Blk) setSegMaxAdjust(s string) error {
	on, err := option.Bool(s)
	b.Device.FixedSegMax = !on
	return err
}

// setGranularity takes QEMU's UINT32_MAX for nothing said.
func (b *Blk) setGranularity(s string) error {
	v, err := size32(s)
	switch {
	case err == nil && v == 0:
		return errors.New("discard_granularity of 0 is for disks of other kinds; write discard=off to offer no discard")
	case v == math.MaxUint32:
		v = 0
	}
	b.Device.DiscardGranularity = v
	return err
}

// setReportGranularity is of machines of old: off, what is shown is the logical block size.
func (b *Blk) setReportGranularity(s string) error {
	on, err := option.Bool(s)
	b.Device.HideGranularity = !on
	return err
}

func size32(s string) (uint32, error) {
	v, err := option.Size(s, 1)
	if err == nil && v > math.MaxUint32 {
		err = fmt.Errorf("%q is more than 4294967295", s)
	}
	return uint32(v), err
}

// setBlockSize takes 0 for nothing said.
func setBlockSize(dst *uint32) func(string) error {
	return func(s string) error {
		v, err := size32(s)
		if err == nil && v != 0 && (v < 512 || v > 2<<20 || v&(v-1) != 0) {
			err = errors.New("it must be a power of 2 from 512 to 2M")
		}
		*dst = v
		return err
	}
}

func setMaxSectors(dst *uint32) func(string) error {
	return func(s string) error {
		err := option.ToUint(dst, 32)(s)
		if err == nil && *dst == 0 {
			err = errors.New("it must be between 1 and 4194303")
		}
		return err
	}
}
