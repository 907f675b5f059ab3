package assemble

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/virtioblk"
)

// blk makes a block device, on a disk that it opens and that is closed with it.
func (a *Assembly) blk(c *args.Blk) (p part, err error) {
	d := a.machine.Disk(c.Drive)
	disk, err := a.openDisk(d, c.ShareRW)
	if err != nil {
		return p, fmt.Errorf("%v: %w", d, err)
	}
	config := c.Device
	config.Disk, config.Name, config.Log = disk, d.Name(), a.log
	config.Features = c.Offer(virtioblk.DefaultFeatures())
	if c.DisableModern && c.HostFeatures == nil {
		config.Features = virtioblk.LegacyFeatures(config.Features)
	}
	if f, ok := disk.(interface{ ReadOnly() bool }); ok {
		config.ReadOnly = f.ReadOnly()
	} else {
		config.ReadOnly = d.Open.ReadOnly
	}
	if c.AutoQueues {
		config.Queues = a.machine.CPUs
	}
	config.WriteThrough = d.WriteThrough && c.WriteCache == "auto" || c.WriteCache == "off"
	config.IgnoreReadErrors = ignores(c.RError, d.RError)
	config.IgnoreWriteErrors = ignores(c.WError, d.WError)
	dev, err := virtioblk.New(config)
	if err != nil {
		return p, errors.Join(fmt.Errorf("-device %s: %w", c.Kind, err), disk.Close())
	}
	p.at, p.dev, p.close = c.Function, dev, disk.Close
	p.at.Vectors = c.VectorsOr(config.Queues + 1)
	return p, nil
}

// ignores says what the device's error policy is, or the disk's if the device has none.
func ignores(device, disk string) bool {
	return device == "ignore" || device == "auto" && disk == "ignore"
}
