package args

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/devices/block"
)

// addBlockdev decodes one -blockdev and adds its node to m.
func (m *Machine) addBlockdev(l option.List) error {
	d, err := m.node(l, Disk{})
	switch {
	case err != nil:
		return err
	case d.Node == "":
		return errors.New("-blockdev: 'node-name' must be specified for the root node")
	}
	return m.addDisk(d)
}

// node reads the description of one node. parent has what a node inherits that is described within another.
func (m *Machine) node(l option.List, parent Disk) (*Disk, error) {
	driver, given := l.Get("driver")
	if !given {
		return nil, errors.New("-blockdev: Parameter 'driver' is missing")
	}
	d := &Disk{Driver: driver, Size: block.DefaultNullSize, WError: "auto", RError: "auto", Open: parent.Open}
	l = l.Without("driver")
	switch driver {
	case "raw":
		return m.rawNode(l, d)
	case "file", "host_device", "null-co":
		return d, d.decodeProtocol(l)
	}
	return nil, option.Unknown("block driver", driver, drivers, "-blockdev")
}

// decodeProtocol reads a node that stands on nothing.
func (d *Disk) decodeProtocol(l option.List) error {
	p := d.commonProps()
	maps.Copy(p, d.protocolProps())
	d.Format = block.Raw // there is no layer that could look for another
	if err := l.Decode("-blockdev "+d.Driver, p); err != nil {
		return err
	}
	if d.Driver != "null-co" && d.Path == "" {
		return fmt.Errorf("-blockdev %s: Parameter 'filename' is missing", d.Driver)
	}
	return nil
}

// rawNode is a raw node and what it is on, in one: the bytes are the same. What the two say of reading, caching and discarding
// counts as in QEMU: a node within inherits, a node by its name has what it was given.
func (m *Machine) rawNode(l option.List, d *Disk) (*Disk, error) {
	p := d.commonProps()
	p["offset"], p["size"] = onlyWhole, onlyWhole
	outer, inner := cutPrefix(l, "file.")
	name, named := outer.Get("file")
	if err := outer.Without("file").Decode("-blockdev raw", p); err != nil {
		return nil, err
	}
	switch {
	case named && len(inner) == 0:
		return m.onNode(name, d)
	case named || len(inner) == 0:
		return nil, errors.New("-blockdev raw: A block device must be specified for \"file\", by its name or by file.driver and so on")
	}
	below, err := m.node(inner, *d)
	if err != nil {
		return nil, err
	}
	below.Node, below.Format = d.Node, block.Raw
	below.Open.ReadOnly = below.Open.ReadOnly || d.Open.ReadOnly
	return below, nil
}

func (m *Machine) onNode(name string, d *Disk) (*Disk, error) {
	below := m.Disk(name)
	if below == nil {
		return nil, fmt.Errorf("-blockdev raw: Cannot find device='%s' nor node-name='%[1]s'; it must come before", name)
	}
	all := *below
	all.ID, all.Node, all.Virtio, all.Format = "", d.Node, false, block.Raw
	all.Open.ReadOnly = below.Open.ReadOnly || d.Open.ReadOnly
	all.Open.Unmap = below.Open.Unmap && d.Open.Unmap
	return &all, nil
}

func onlyWhole(string) error {
	return errors.New("a part of an image is not a disk here; leave it out")
}

// cutPrefix splits l into the keys without the prefix, and those with it, without it.
func cutPrefix(l option.List, prefix string) (outer, inner option.List) {
	for _, p := range l {
		if key, ok := strings.CutPrefix(p.Key, prefix); ok {
			inner = append(inner, option.Pair{Key: key, Value: p.Value})
		} else {
			outer = append(outer, p)
		}
	}
	return outer, inner
}
