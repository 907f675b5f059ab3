package e2e

import (
	"os/exec"
	"testing"
)

func TestBothSidesAnswerPings(t *testing.T) {
	enterNamespace(t)
	addTap(t, 1)
	s := talk(t, "run", "-netdev", "tap,id=n0,ifname="+tapName, "-device", "virtio-net-pci,netdev=n0", "-ip", guestAddress+network,
		"--", "sh", "-c", "ping -c 3 -i 0.2 -W 60 "+hostAddress+"; echo over; read line")
	s.expect("3 packets transmitted, 3 packets received, 0% packet loss")
	s.expect("over")
	out, err := exec.Command("busybox", "ping", "-c", "3", "-i", "0.2", "-W", "60", "-s", "1400", guestAddress).CombinedOutput()
	if err != nil {
		t.Errorf("the guest does not answer: %v\n%s", err, out)
	}
	s.say("enough")
	s.wantEnd(0)
}
