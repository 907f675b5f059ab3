package args

import (
	"errors"
	"fmt"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Dump is one -object filter-dump.
type Dump struct {
	ID, Netdev, File string
	MaxLen           uint32
}

func (m *Machine) addDump(l option.List) error {
	d := Dump{MaxLen: 65536}
	var on string
	err := l.Decode("-object filter-dump", option.Props{
		"id": option.ToString(&d.ID), "netdev": option.ToString(&d.Netdev), "file": option.ToString(&d.File),
		"maxlen": option.ToUint(&d.MaxLen, 32), "status": option.OneOf(&on, "on"), "queue": option.OneOf(&on, "all"),
	})
	switch {
	case err != nil:
		return err
	case d.Netdev == "" || d.File == "":
		return errors.New("-object filter-dump: it needs netdev= and file=")
	case m.netdev(d.Netdev) == nil:
		return fmt.Errorf("-object filter-dump: netdev=%s: there is no -netdev with that id", d.Netdev)
	}
	m.Dumps = append(m.Dumps, d)
	return nil
}
