package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

// testpmd is the guest's part: it takes the NIC from the kernel's driver and gives it to DPDK's, which answers ARP and pings. $0 are
// more arguments of testpmd.
const testpmd = `set -e
gunzip -c /dpdk.tar.gz | tar xf - -C /
for dev in /sys/bus/pci/devices/*; do [ $(cat $dev/class) = 0x020000 ] && nic=${dev##*/}; done
echo $nic > /sys/bus/pci/drivers/virtio-pci/unbind
echo uio_pci_generic > /sys/bus/pci/devices/$nic/driver_override
echo $nic > /sys/bus/pci/drivers/uio_pci_generic/bind
echo 64 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
mkdir /dev/hugepages && mount -t hugetlbfs none /dev/hugepages
exec /dpdk/ld-linux-x86-64.so.2 --library-path /dpdk /dpdk/dpdk-testpmd -l 0,1 -n 1 -a $nic -d /dpdk/librte_mempool_ring.so.23 \
  -d /dpdk/librte_net_virtio.so.23 --no-telemetry --log-level=pmd.net.virtio.init:info -- -i --forward-mode=icmpecho --auto-start \
  --total-num-mbufs=4096 --max-pkt-len=9018 --tx-offloads=0x8000 $0
`

// merging has testpmd accept frames that spread over several buffers; without, its buffers hold a whole one.
const (
	merging    = "--enable-scatter"
	oneForEach = "--mbuf-size=9728"
)

// DPDK 22.11 marks the header in its indirect tables of packed queues as device-writable (vring_desc_init_indirect_packed), and sends
// frames of several buffers by them. For QEMU, as for this device, that is an error of the driver (2.8.17), so that indirect
// descriptors are off where such frames are echoed.
var dpdkCases = []struct {
	name, device, arguments string
	rx, tx                  string // what the driver says of its paths
	merge                   bool
}{
	{"split, merging", "", merging, "using mergeable buffer Rx path", "using standard Tx path", true},
	{"split, one buffer a frame", ",mrg_rxbuf=off", oneForEach, "using standard Rx path", "using standard Tx path", false},
	{"legacy, merging", ",disable-modern=on", merging, "using mergeable buffer Rx path", "using standard Tx path", true},
	{"split in order, merging", ",in_order=on", merging, "using inorder Rx path", "using inorder Tx path", true},
	{"packed, merging", ",packed=on,indirect_desc=off", merging, "using packed ring mergeable buffer Rx path", "using packed ring standard Tx path", true},
	{"packed, one buffer a frame", ",packed=on,mrg_rxbuf=off", oneForEach, "using packed ring standard Rx path", "using packed ring standard Tx path", false},
	{"packed in order, merging", ",packed=on,in_order=on,indirect_desc=off", merging, "using packed ring mergeable buffer Rx path", "using packed ring standard Tx path", true},
}

func TestDPDKReceivesAndSends(t *testing.T) {
	archive := os.Getenv("DRYDOCK_E2E_DPDK")
	if archive == "" {
		t.Fatal("DRYDOCK_E2E_DPDK is empty: put the path of the archive in it that .ci/dpdk makes")
	}
	for _, c := range dpdkCases {
		t.Run(c.name, func(t *testing.T) {
			enterNamespace(t)
			addTap(t, 1)
			setTapMTU(t, 9000)
			stats := filepath.Join(t.TempDir(), "stats.json")
			s := talk(t, "run", "-smp", "2", "-m", "768M", "-kernel", plainKernel(t), "-module", "uio_pci_generic",
				"-netdev", "tap,id=n0,ifname="+tapName, "-device", "virtio-net-pci,netdev=n0"+c.device, "-ip", "none",
				"-stats", stats, "-file", archive+":/dpdk.tar.gz", "--", "sh", "-c", testpmd, c.arguments)
			s.expect("testpmd> ")
			for _, size := range []string{"56", "1400", "8900"} {
				out, err := exec.Command("busybox", "ping", "-c", "20", "-i", "0.05", "-W", "60", "-s", size, guestAddress).CombinedOutput()
				if err != nil {
					t.Errorf("pings of %s bytes: %v\n%s", size, err, out)
				}
			}
			s.say("quit")
			s.wantEnd(0)
			s.wantSaid(c.rx)
			s.wantSaid(c.tx)
			wantEchoes(t, stats, 60, c.merge)
		})
	}
}

// wantEchoes looks at the device's side: as many frames out as in, and the large ones over several buffers if that was agreed.
func wantEchoes(t *testing.T, file string, least uint64, merge bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	var all struct{ NICs []virtionet.Stats }
	must(t, json.Unmarshal(text, &all))
	rx, tx := all.NICs[0].Receive[0], all.NICs[0].Transmit[0]
	if rx.Frames < least || tx.Frames < least || rx.Drops.Total()+tx.Drops.Total() != 0 {
		t.Errorf("%d frames in, %d out, drops %v and %v", rx.Frames, tx.Frames, rx.Drops, tx.Drops)
	}
	if several := rx.Frames - rx.ByBuffers[1]; (several >= least/3) != merge {
		t.Errorf("%d of %d frames took several buffers", several, rx.Frames)
	}
}
