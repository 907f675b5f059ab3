package assemble

import (
	"errors"
	"fmt"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/net/capture"
)

// dump captures a netdev into a file from now on.
func (a *Assembly) dump(d args.Dump) error {
	f, err := os.Create(d.File)
	if err != nil {
		return fmt.Errorf("-object filter-dump: %w", err)
	}
	nd := a.netdevs[d.Netdev]
	c, err := capture.New(nd.Netdev, f, capture.Options{Name: d.Netdev, MaxLen: int(d.MaxLen), Log: a.log})
	if err != nil {
		return errors.Join(fmt.Errorf("-object filter-dump,file=%s: %w", d.File, err), f.Close())
	}
	a.netdevs[d.Netdev] = netdev{c, nd.kind}
	return nil
}
