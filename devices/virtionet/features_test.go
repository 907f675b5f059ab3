package virtionet

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const (
	noOffload  = net.Offload(0)
	tapOffload = net.OffloadCsum | net.OffloadTSO4 | net.OffloadTSO6 | net.OffloadECN | net.OffloadUFO
	allOffload = tapOffload | net.OffloadUSO4 | net.OffloadUSO6
)

// pipe makes a netdev that ends with the test.
func pipe(t testing.TB, can net.Offload, queues int) (*net.Memory, *net.Peer) {
	t.Helper()
	nd, peer, err := net.Pipe(can, queues)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nd.Close() })
	return nd, peer
}

func device(t testing.TB, c Config) *Device {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// younger is all that is off by default in 7.2.
var younger = always.Or(offloadFeatures(tapOffload)).With(RSS, HashReport, RscExt, Standby, virtio.RingPacked)

// The numbers are QEMU 7.2's, read from its registers.
func TestTheOfferedFeaturesAreQEMUs(t *testing.T) {
	for _, c := range []struct {
		name           string
		can            net.Offload
		config         Config
		modern, legacy uint64
	}{
		{"a tap with vnet_hdr", tapOffload, Config{}, 0x0000010130bfffa7, 0x79bfffe7},
		{"a tap that also knows USO", allOffload, Config{}, 0x0000010130bfffa7, 0x79bfffe7},
		{"a tap without UFO", tapOffload &^ net.OffloadUFO, Config{}, 0x0000010130bfbba7, 0x79bfbbe7},
		{"a netdev without vnet_hdr", noOffload, Config{}, 0x0000010130bf8024, 0x79bf8064},
		{"mq=on", tapOffload, Config{MQ: true}, 0x0000010130ffffa7, 0x79ffffe7},
		{"mq=on without vnet_hdr", noOffload, Config{MQ: true}, 0x0000010130ff8024, 0x79ff8064},
		{"host_mtu=1500", tapOffload, Config{MTU: 1500}, 0x0000010130bfffaf, 0x79bfffef},
		{"rss=on,hash=on,guest_rsc_ext=on,failover=on,packed=on", tapOffload, Config{Features: younger}, 0x7200010530bfffa7, 0x79bfffe7},
		{"the same without vnet_hdr", noOffload, Config{Features: younger}, 0x7000010530bf8024, 0x79bf8064},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Netdev, _ = pipe(t, c.can, 1)
			info := device(t, c.config).Info()
			if info.Features != (virtio.Features{c.modern}) {
				t.Errorf("modern %#x, QEMU offers %#x", info.Features[0], c.modern)
			}
			if got := info.Features.Or(info.Legacy).Word(0); got != uint32(c.legacy) {
				t.Errorf("legacy %#x, QEMU offers %#x", got, c.legacy)
			}
			if bad := virtio.FeaturesOf(0, 5, 11, 12, 13); info.Bad != bad {
				t.Errorf("a driver that acknowledges BAD_FEATURE gets %v, with QEMU %v", info.Bad, bad)
			}
		})
	}
}

func TestAPropertySwitchesItsOwnBitOnly(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	all := device(t, Config{Netdev: nd}).Info()
	for _, p := range Properties() {
		got := device(t, Config{Netdev: nd, Features: DefaultFeatures(nd).Without(p.Feature)}).Info()
		was, is := all.Features.Or(all.Legacy), got.Features.Or(got.Legacy)
		if was.Has(p.Feature) && is != was.Without(p.Feature) {
			t.Errorf("%s=off leaves %v of %v", p.Name, is, was)
		}
	}
}

func TestUSOIsOfferedWhenItIsAskedForAndThereIs(t *testing.T) {
	uso := virtio.FeaturesOf(GuestUSO4, GuestUSO6, HostUSO)
	for can, want := range map[net.Offload]virtio.Features{allOffload: uso, tapOffload: {}} {
		nd, _ := pipe(t, can, 1)
		d := device(t, Config{Netdev: nd, Features: DefaultFeatures(nd).Or(uso)})
		if got := d.Info().Features.And(uso); got != want {
			t.Errorf("a netdev with %v: offers %v of USO, want %v", can, got, want)
		}
	}
}

func TestABadConfigurationIsRefusedInWords(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"no netdev":         {Config{}, "virtionet: no netdev"},
		"rx ring too small": {Config{Netdev: nd, RXQueueSize: 128}, "virtionet: invalid rx_queue_size (= 128), must be a power of 2 between 256 and 1024"},
		"tx ring odd":       {Config{Netdev: nd, TXQueueSize: 300}, "virtionet: invalid tx_queue_size (= 300), must be a power of 2 between 256 and 1024"},
		"any size, too large": {Config{Netdev: nd, AnyQueueSize: true, RXQueueSize: 32769},
			"virtionet: invalid rx_queue_size (= 32769), must be between 1 and 32768"},
		"any size, odd, not packed": {Config{Netdev: nd, AnyQueueSize: true, TXQueueSize: 300},
			"virtionet: invalid tx_queue_size (= 300), must be a power of 2 unless packed rings are offered"},
		"negative interval":            {Config{Netdev: nd, RSCInterval: -1}, "virtionet: rsc_interval -1ns, must be positive"},
		"tiny mtu":                     {Config{Netdev: nd, MTU: 67}, "virtionet: host_mtu 67, must be 0 or 68 to 65535"},
		"multicast mac":                {Config{Netdev: nd, MAC: mac{1}}, "virtionet: mac 010000000000 is a multicast address; clear the lowest bit of its first byte"},
		"a speed of less than nothing": {Config{Netdev: nd, Speed: -2}, "virtionet: speed -2, must be -1 (unknown) or 0 to 2147483647"},
		"negative burst":               {Config{Netdev: nd, TXBurst: -1}, "virtionet: x-txburst -1, must be positive"},
		"hdrlen":                       {Config{Netdev: nd, Features: virtio.FeaturesOf(GuestHdrlen)}, "virtionet: feature bit 59 is not implemented; take it out of Features"},
	} {
		if _, err := New(c.config); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestQueuesAreOfAnySizeWhereThatIsAskedFor(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 1)
	odd := device(t, Config{Netdev: nd, AnyQueueSize: true, RXQueueSize: 1, TXQueueSize: 300, Features: packed.features}).Info()
	if got := odd.Queues(virtio.Features{}); got[0] != 1 || got[1] != 300 || odd.MaxQueueSize != 32768 {
		t.Errorf("queues of %v, at most %d", got, odd.MaxQueueSize)
	}
	if got := device(t, Config{Netdev: nd}).Info().MaxQueueSize; got != 1024 {
		t.Errorf("at most %d by default", got)
	}
}

func TestFramesPassThroughRingsOfAnySize(t *testing.T) {
	for _, size := range []uint16{1, 3, 300, 1500, 32768} {
		for _, m := range modes {
			if !m.features.Has(virtio.RingPacked) && size&(size-1) != 0 {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d entries", m.name, size), func(t *testing.T) {
				r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{Sizes: map[int]uint16{0: size, 1: size}})
				rx := r.receiver(virtiotest.UBoot, m.header)
				rx.Fill()
				for i := range byte(10) {
					r.send(nil, frame(1000, i))
					r.transmit(make([]byte, m.header), frame(60, i))
					if _, got := r.sent(); !bytes.Equal(got, frame(60, i)) {
						t.Fatal("another frame is sent")
					}
					if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(1000, i)) {
						t.Fatal("another frame arrives")
					}
				}
			})
		}
	}
}

func TestTheControlQueueIsTheLast(t *testing.T) {
	nd, _ := pipe(t, tapOffload, 2)
	info := device(t, Config{Netdev: nd, MQ: true, RXQueueSize: 512, TXQueueSize: 1024}).Info()
	for _, c := range []struct {
		features virtio.Features
		want     []uint16
	}{
		{virtio.Features{}, []uint16{512, 1024, 64}},
		{virtio.FeaturesOf(MQ), []uint16{512, 1024, 512, 1024, 64}},
		{virtio.FeaturesOf(RSS), []uint16{512, 1024, 512, 1024, 64}},
	} {
		if got := info.Queues(c.features); len(got) != len(c.want) || got[0] != 512 || got[len(got)-1] != 64 {
			t.Errorf("with %v: %v, want %v", c.features, got, c.want)
		}
	}
}

func TestTheHeaderIsTheLongestThatWasNegotiated(t *testing.T) {
	for _, c := range []struct {
		name     string
		features virtio.Features
		want     int
	}{
		{"legacy", virtio.Features{}, 10},
		{"legacy with merged buffers", virtio.FeaturesOf(MrgRxbuf), 12},
		{"modern", virtio.FeaturesOf(virtio.Version1), 12},
		{"modern with merged buffers", virtio.FeaturesOf(virtio.Version1, MrgRxbuf), 12},
		{"with hashes", virtio.FeaturesOf(virtio.Version1, HashReport), 20},
	} {
		if got := headerLen(c.features); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.name, got, c.want)
		}
	}
}

func TestOffloadsNeedChecksumsAndECNNeedsTSO(t *testing.T) {
	for _, c := range []struct {
		features virtio.Features
		want     net.Offload
	}{
		{virtio.FeaturesOf(GuestTSO4), 0},
		{virtio.FeaturesOf(GuestCsum), net.OffloadCsum},
		{virtio.FeaturesOf(GuestCsum, GuestECN), net.OffloadCsum},
		{virtio.FeaturesOf(GuestCsum, GuestECN, GuestTSO6), net.OffloadCsum | net.OffloadECN | net.OffloadTSO6},
		{virtio.FeaturesOf(GuestCsum, GuestUFO, GuestUSO4), net.OffloadCsum | net.OffloadUFO | net.OffloadUSO4},
	} {
		if got := acceptedOffload(c.features); got != c.want {
			t.Errorf("%v: %v, want %v", c.features, got, c.want)
		}
	}
}
