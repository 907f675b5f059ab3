package e2e

import (
	"strings"
	"testing"
)

// ethtoolSteps are what an administrator of a guest does to its NIC, with what must come of it.
var ethtoolSteps = []struct{ command, says string }{
	{"ethtool -i eth0", "driver: virtio_net"},
	{"ethtool -l eth0", "Combined:\t4"},
	{"ethtool -L eth0 combined 4 && ethtool -l eth0 | tail -n 3", "Combined:\t4"},
	{"ethtool -x eth0", "RX flow hash indirection table for eth0 with 4 RX ring(s)"},
	{"ethtool -X eth0 equal 2 && ethtool -x eth0 | sed -n 2p", ":      0     1     0     1     0     1     0     1"},
	{"ethtool -X eth0 hkey $(printf 5a; for i in $(seq 39); do printf :5a; done) && ethtool -x eth0 | grep 5a:5a", "5a:5a:5a:5a"},
	{"ethtool -N eth0 rx-flow-hash udp4 sdfn && ethtool -n eth0 rx-flow-hash udp4", "L4 bytes 0 & 1 [TCP/UDP src port]"},
	{"ethtool -K eth0 rx-gro-hw off && ethtool -k eth0 | grep rx-gro-hw", "rx-gro-hw: off"},
	{"ethtool -K eth0 tso off && ethtool -k eth0 | grep tcp-segmentation-offload", "tcp-segmentation-offload: off"},
	{"ethtool -X eth0 default && ethtool -L eth0 combined 1 && ethtool -L eth0 combined 3 && ethtool -l eth0 | tail -n 3", "Combined:\t3"},
	{"ping -c 3 -i 0.2 -W 60 " + hostAddress, "0% packet loss"},
	{"ethtool -S eth0 | grep -E 'rx(_queue_)?2_kicks'", "2_kicks: "},
}

func TestEthtoolSteersQueuesAndOffloads(t *testing.T) {
	for name, ring := range map[string]string{"split": "", "packed": ",packed=on"} {
		t.Run(name, func(t *testing.T) {
			enterNamespace(t)
			addTap(t, 4)
			var script strings.Builder
			for _, step := range ethtoolSteps {
				script.WriteString("echo ====; { " + step.command + "; } 2>&1 || echo failed: $?\n")
			}
			r := drydock(t, "run", "-smp", "4", "-kernel", newestKernel(t), "-netdev", "tap,id=n0,ifname="+tapName+",queues=4",
				"-device", "virtio-net-pci,netdev=n0,mq=on,rss=on,vectors=10"+ring, "-ip", guestAddress+network, "-file", "/usr/sbin/ethtool", "--",
				"sh", "-c", script.String())
			r.wantStatus(t, 0)
			answers := strings.Split(r.stdout, "====\n")[1:]
			if len(answers) != len(ethtoolSteps) {
				t.Fatalf("%d answers to %d commands:\n%s%s", len(answers), len(ethtoolSteps), r.stdout, r.stderr)
			}
			for i, step := range ethtoolSteps {
				if !strings.Contains(answers[i], step.says) || strings.Contains(answers[i], "failed: ") {
					t.Errorf("%s\nsays\n%s\nwant %q", step.command, answers[i], step.says)
				}
			}
		})
	}
}
