package virtionet

import (
	"fmt"
	"io"
	"testing"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// goneNetdev is one whose other end went away between two drivers: it cannot be set any more.
type goneNetdev struct{ *net.Memory }

func (goneNetdev) SetQueues(int) error { return fmt.Errorf("the interface was deleted: %w", io.EOF) }

func TestADriverOnANetdevThatIsGoneSeesACableThatIsOut(t *testing.T) {
	memory, _ := pipe(t, net.OffloadCsum, 1)
	d := device(t, Config{Netdev: goneNetdev{memory}})
	h := virtiotest.Start(t, d, modern.features, virtiotest.Options{})
	r := &rig{Harness: h, t: t, netdev: memory, device: d}
	r.wait("the link is down", func() bool {
		var status [2]byte
		return d.config.Read(configStatus, status[:]) && status[0]&byte(statusLinkUp) == 0
	})
	if err := h.Stop(); err != nil {
		t.Errorf("the device ended with %v", err)
	}
}
