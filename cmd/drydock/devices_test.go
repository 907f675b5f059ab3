package main

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// virtioPaths asks for all virtio devices.
func (p *peer) virtioPaths() (paths []string) {
	p.Helper()
	p.says(`{"execute": "x-query-virtio"}`)
	var answer struct{ Return []qmp.VirtioDevice }
	if err := json.Unmarshal([]byte(p.hears()), &answer); err != nil {
		p.Fatal(err)
	}
	for _, d := range answer.Return {
		paths = append(paths, d.Path)
	}
	return paths
}

func TestDevicesWithoutANameAreNumberedAndTheLastIsListedFirst(t *testing.T) {
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-net-pci", "-device", "virtio-rng-pci",
		"-device", "virtio-net-pci,id=n", "-device", "virtio-serial-pci", "-device", "virtserialport", "-device", "virtio-balloon-pci",
		"-drive", "if=virtio,file=null-co://,format=raw")
	client.says(`{"execute": "device_add", "arguments": {"driver": "virtio-net-pci"}}`)
	client.expect(`{"return": {}}`)
	const anon, backend = "/machine/peripheral-anon/device", "/virtio-backend"
	want := []string{ // as QEMU 7.2 lists them; a port counts too
		anon + "[6]" + backend, anon + "[5]" + backend, anon + "[4]" + backend, anon + "[2]" + backend, "/machine/peripheral/n" + backend,
		anon + "[1]" + backend, anon + "[0]" + backend,
	}
	if got := client.virtioPaths(); !slices.Equal(got, want) {
		t.Errorf("the devices are %q, want %q", got, want)
	}
	for _, c := range []struct{ says, want string }{
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral-anon/device[1]/virtio-backend"}}`, `"name": "virtio-rng"`},
		{`{"execute": "query-block"}`, `"qdev": "/machine/peripheral-anon/device[5]/virtio-backend"`},
		{`{"execute": "qom-get", "arguments": {"path": "/machine/peripheral-anon/device[4]", "property": "guest-stats-polling-interval"}}`, `{"return": 0}`},
		{`{"execute": "query-rx-filter", "arguments": {"name": "virtio-net-pci.2"}}`, `"name": "virtio-net-pci.2"`},
	} {
		client.answers(c.says, c.want)
	}
}

func TestPortsAreGoneBeforeTheDeviceThatTheyWereOn(t *testing.T) {
	qtest, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-serial-pci,id=v,addr=4", "-device", "virtserialport,id=p1",
		"-device", "virtserialport", "-device", "virtserialport,id=p2")
	client.says(`{"execute": "device_del", "arguments": {"id": "v"}}`)
	client.expect(`{"return": {}}`)
	qtest.says("outl 0xae08 0x10")
	qtest.expect("OK")
	for _, want := range []string{ // as QEMU 7.2 sends them
		`{"device": "p2", "path": "/machine/peripheral/p2"}`, `{"path": "/machine/peripheral-anon/device[0]"}`,
		`{"device": "p1", "path": "/machine/peripheral/p1"}`, `{"path": "/machine/peripheral/v/virtio-backend"}`,
		`{"device": "v", "path": "/machine/peripheral/v"}`,
	} {
		if got := client.hearsEvent("DEVICE_DELETED"); got != want {
			t.Errorf("the event is of %s, want %s", got, want)
		}
	}
}

func TestFeaturesHaveTheirNamesDescriptionsAndNumbers(t *testing.T) {
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-net-pci,id=n", "-device", "virtio-balloon-pci,id=b")
	for _, c := range []struct{ says, want string }{ // bits 30 and 40 as QEMU 7.2 has them
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral/n/virtio-backend"}}`, `"unknown-dev-features": 1099511627776}`},
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral/n/virtio-backend"}}`, `"VIRTIO_NET_F_MRG_RXBUF: `},
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral/n/virtio-backend"}}`, `"VHOST_USER_F_PROTOCOL_FEATURES: `},
		{`{"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral/b/virtio-backend"}}`, `"unknown-dev-features": 1100585369600}`},
	} {
		client.answers(c.says, c.want)
	}
}
