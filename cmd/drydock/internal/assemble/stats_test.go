package assemble

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestTheCountersAreThoseOfAllDevicesByTheirIDs(t *testing.T) {
	image := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(image, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	a := assembled(t, "-nodefaults -m 64M -drive if=none,id=d,format=raw,file="+image+" -netdev hubport,id=h -device virtio-balloon-pci,id=b "+
		"-device virtio-net-pci,netdev=h,id=n1 -device virtio-blk-pci,drive=d,id=k -device virtio-net-pci -device virtio-rng-pci,id=r "+
		"-device virtio-serial-pci -device virtserialport,id=p,name=port")
	text, err := json.Marshal(a.Stats())
	if err != nil {
		t.Fatal(err)
	}
	var s Stats
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.NICs) != 2 || s.NICs[0].ID != "n1" || s.NICs[1].ID != "" || len(s.NICs[0].Receive) != 1 {
		t.Errorf("NICs: %+v", s.NICs)
	}
	if len(s.Disks) != 1 || s.Disks[0].ID != "k" || len(s.Disks[0].Queues) != 1 {
		t.Errorf("disks: %+v", s.Disks)
	}
	if len(s.Entropy) != 1 || s.Entropy[0].ID != "r" || len(s.Ports) != 1 || s.Ports[0].ID != "p" || s.Ports[0].Name != "port" {
		t.Errorf("entropy: %+v; ports: %+v", s.Entropy, s.Ports)
	}
	if s.Balloon == nil || s.Balloon.ID != "b" || s.Balloon.Actual != 64<<20 {
		t.Errorf("balloon: %+v", s.Balloon)
	}
	if err := a.RemoveDevice("k"); err != nil || len(a.Stats().Disks) != 0 {
		t.Errorf("a disk that is gone: %v, %+v", err, a.Stats().Disks)
	}
}

func TestAMachineWithoutDevicesHasNoCounters(t *testing.T) {
	text, err := json.Marshal(assembled(t, "-nodefaults").Stats())
	if err != nil || string(text) != `{"NICs":[]}` {
		t.Errorf("%s, %v", text, err)
	}
}
