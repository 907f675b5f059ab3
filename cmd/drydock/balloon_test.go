package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestABalloonIsSetAndAskedByQMP(t *testing.T) {
	qtest, qmp, _ := system(t, "-M", "pc", "-m", "128M", "-device", "virtio-balloon-pci,id=b,addr=4.0,disable-modern=on", "-accel", "qtest")
	const inner = "/machine/peripheral/b/virtio-backend"
	get := func(path, name string) string {
		return fmt.Sprintf(`{"execute": "qom-get", "arguments": {"path": "%s", "property": "%s"}}`, path, name)
	}
	set := func(name, value string) string {
		return fmt.Sprintf(`{"execute": "qom-set", "arguments": {"path": "%s", "property": "%s", "value": %s}}`, inner, name, value)
	}
	for _, c := range []struct{ says, want string }{
		{`{"execute": "query-balloon"}`, `{"return": {"actual": 134217728}}`},
		{`{"execute": "balloon", "arguments": {"value": 67108864}}`, `{"return": {}}`},
		{`{"execute": "balloon", "arguments": {"value": 0}}`, "Parameter 'target' expects a size"},
		{get("b", guestStats), `"stat-free-memory": 18446744073709551615`},
		{get(inner, guestStats), `"last-update": 0}`},
		{get(inner, pollInterval), `{"return": 0}`},
		{set(pollInterval, "7"), `{"return": {}}`},
		{get("b/virtio-backend", pollInterval), `{"return": 7}`},
		{set(pollInterval, "-1"), "timer value must be greater than zero"},
		{set(pollInterval, "4294967296"), "timer value is too big"},
		{set(pollInterval, `"x"`), "Invalid parameter type for 'guest-stats-polling-interval', expected: integer"},
		{set(guestStats, "1"), "Property 'virtio-balloon-device.guest-stats' is not writable"},
		{set("nope", "1"), "Property 'virtio-balloon-device.nope' not found"},
		{get("/machine/peripheral/b", "nope"), "Property 'virtio-balloon-pci.nope' not found"},
		{get("/nobody", "nope"), `{"class": "DeviceNotFound", "desc": "Device '/nobody' not found"}`},
	} {
		qmp.says("%s", c.says)
		if got := qmp.hears(); !strings.Contains(got, c.want) {
			t.Errorf("%s\nis answered by\n%.400s\nwant %s", c.says, got, c.want)
		}
	}
	// What the guest writes as a driver on the legacy interface: num_pages is at 20, actual at 24.
	for _, line := range []string{"outl 0xcf8 0x80002010", "outl 0xcfc 0xc000", "outl 0xcf8 0x80002004", "outw 0xcfc 7", "outb 0xc012 3"} {
		qtest.says("%s", line)
		qtest.expect("OK")
	}
	qtest.says("inl 0xc014")
	qtest.expect("OK 0x4000")
	qtest.says("outl 0xc018 0x3000")
	qtest.expect("OK")
	if data := qmp.hearsEvent("BALLOON_CHANGE"); data != `{"actual": 83886080}` {
		t.Errorf("the event is of %s", data)
	}
	qmp.says(`{"execute": "query-balloon"}`)
	qmp.expect(`{"return": {"actual": 83886080}}`)
}

func TestAMachineWithoutABalloonSaysSo(t *testing.T) {
	_, qmp, _ := system(t, "-M", "pc", "-nodefaults", "-device", "virtio-rng-pci,id=r", "-accel", "qtest")
	for _, says := range []string{`{"execute": "query-balloon"}`, `{"execute": "balloon", "arguments": {"value": 67108864}}`} {
		qmp.says("%s", says)
		qmp.expect(`{"error": {"class": "DeviceNotActive", "desc": "No balloon device has been activated"}}`)
	}
	qmp.says(`{"execute": "qom-get", "arguments": {"path": "r", "property": "guest-stats"}}`)
	qmp.expect(`{"error": {"class": "GenericError", "desc": "Property 'virtio-rng-pci.guest-stats' not found"}}`)
}
