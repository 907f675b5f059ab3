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

func TestADeviceIsDeletedByItsIDOrItsPath(t *testing.T) {
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-serial-pci,id=v", "-device", "virtio-rng-pci",
		"-device", "virtserialport,id=p1", "-device", "virtserialport,id=p2", "-device", "virtio-rng-pci,id=r")
	for _, c := range []struct{ name, want string }{
		{"", `" is not a hotpluggable device"`},
		{"/machine", `"/machine is not a hotpluggable device"`},
		{"/machine/peripheral", `"/machine/peripheral is not a hotpluggable device"`},
		{"nobody", `"DeviceNotFound", "desc": "Device 'nobody' not found"`},
		{"/machine/peripheral/nobody", `"DeviceNotFound", "desc": "Device '/machine/peripheral/nobody' not found"`},
		{"/machine/peripheral/r", `{"return": {}}`},
		{"r", `"Device r is already in the process of unplug"`},
	} {
		client.answers(`{"execute": "device_del", "arguments": {"id": "`+c.name+`"}}`, c.want)
	}
	for id, name := range map[string]string{"p1": "p1", "p2": "/machine/peripheral/p2"} {
		client.answers(`{"execute": "device_del", "arguments": {"id": "`+name+`"}}`, `{"return": {}}`) // first
		if got, want := client.hearsEvent("DEVICE_DELETED"), `{"device": "`+id+`", "path": "/machine/peripheral/`+id+`"}`; got != want {
			t.Errorf("the event is of %s, want %s", got, want)
		}
	}
}

func TestTheObjectTreeLeadsToTheDevices(t *testing.T) {
	_, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-serial-pci,id=v", "-device", "virtserialport,id=p",
		"-device", "virtio-balloon-pci")
	const first = `{"return": [{"name": "type", "type": "string"}`
	for path, want := range map[string]string{
		"/":                             first + `, {"name": "machine", "type": "child<pc-i440fx-7.2-machine>"}]}`,
		"/machine":                      first + `, {"name": "peripheral", "type": "child<container>"}, {"name": "peripheral-anon", "type": "child<container>"}]}`,
		"/machine/peripheral":           first + `, {"name": "v", "type": "child<virtio-serial-pci>"}, {"name": "p", "type": "child<virtserialport>"}]}`,
		"v":                             first + `, {"name": "virtio-backend", "type": "child<virtio-serial-device>"}]}`,
		"/machine/peripheral/p":         first + `]}`,
		"peripheral-anon/device[0]":     `{"name": "guest-stats-polling-interval", "type": "int"}, {"name": "virtio-backend", "type": "child<virtio-balloon-device>"}]}`,
		"":                              `"Path '' is ambiguous"`,
		"virtio-backend":                `"Path 'virtio-backend' is ambiguous"`,
		"/machine/peripheral/v/nothing": `"Device '/machine/peripheral/v/nothing' not found"`,
	} {
		client.answers(`{"execute": "qom-list", "arguments": {"path": "`+path+`"}}`, want)
	}
	client.answers(`{"execute": "qom-get", "arguments": {"path": "p", "property": "type"}}`, `{"return": "virtserialport"}`)
	client.answers(`{"execute": "qom-get", "arguments": {"path": "/machine", "property": "kernel"}}`, `"Property 'pc-i440fx-7.2-machine.kernel' not found"`)
	client.answers(`{"execute": "qom-set", "arguments": {"path": "v", "property": "type", "value": "x"}}`, `"Property 'virtio-serial-pci.type' is not writable"`)
}

func TestASlotHasSeveralFunctionsAndIsGivenBackWhole(t *testing.T) {
	qtest, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-rng-pci,id=b,addr=6.0,multifunction=on",
		"-device", "virtio-balloon-pci,id=c,addr=6.3", "-device", "virtio-rng-pci,id=alone,addr=7")
	config := func(address, want string) {
		t.Helper()
		qtest.says("outl 0xcf8 " + address)
		qtest.expect("OK")
		qtest.says("inl 0xcfc")
		qtest.expect("OK " + want)
	}
	config("0x80003000", "0x10051af4")
	config("0x80003300", "0x10021af4")
	config("0x80003100", "0xffffffff")
	for says, want := range map[string]string{
		`"id": "x", "addr": "6.1"`: "function 0 of slot 06 is there",
		`"id": "x", "addr": "7.1"`: "function 0 of slot 07 is there",
	} {
		client.answers(`{"execute": "device_add", "arguments": {"driver": "virtio-rng-pci", `+says+`}}`, want)
	}
	client.answers(`{"execute": "query-pci"}`, `"slot": 6, "function": 3`)
	client.answers(`{"execute": "device_del", "arguments": {"id": "c"}}`, `{"return": {}}`)
	qtest.says("outl 0xae08 0x40")
	qtest.expect("OK")
	for _, want := range []string{ // as QEMU 7.2 sends them
		`{"path": "/machine/peripheral/c/virtio-backend"}`, `{"device": "c", "path": "/machine/peripheral/c"}`,
		`{"path": "/machine/peripheral/b/virtio-backend"}`, `{"device": "b", "path": "/machine/peripheral/b"}`,
	} {
		if got := client.hearsEvent("DEVICE_DELETED"); got != want {
			t.Errorf("the event is of %s, want %s", got, want)
		}
	}
	config("0x80003000", "0xffffffff")
	config("0x80003300", "0xffffffff")
}

func TestAGuestIsAskedAgainOnceItsClockHasMoved(t *testing.T) {
	qtest, client, _ := system(t, "-M", "pc", "-nodefaults", "-accel", "qtest", "-device", "virtio-rng-pci,id=r,addr=6")
	const del = `{"execute": "device_del", "arguments": {"id": "r"}}`
	client.answers(del, `{"return": {}}`)
	client.answers(del, `"Device r is already in the process of unplug"`)
	qtest.says("clock_step 1000000")
	qtest.expect("OK 1000000")
	client.answers(del, `{"return": {}}`)
}
