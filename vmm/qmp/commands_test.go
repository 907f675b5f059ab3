package qmp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEachCommandAsksTheMachine(t *testing.T) {
	for _, c := range []struct{ name, says, asked, answer string }{
		{"stop", `{"execute": "stop"}`, "pause", ""},
		{"cont", `{"execute": "cont"}`, "resume", ""},
		{"quit", `{"execute": "quit"}`, "quit", ""},
		{"system_reset", `{"execute": "system_reset"}`, "reset", ""},
		{"system_powerdown", `{"execute": "system_powerdown"}`, "power down", ""},
		{"device_add has properties as the command line spells them",
			`{"execute": "device_add", "arguments": {"driver": "virtio-net-pci", "id": "net1", "addr": "0x06", "mq": true, "rombar": 0, "mrg_rxbuf": false}}`,
			"add [{driver virtio-net-pci} {id net1} {addr 0x06} {mq on} {rombar 0} {mrg_rxbuf off}]", ""},
		{"device_del", `{"execute": "device_del", "arguments": {"id": "net1"}}`, "remove net1", ""},
		{"netdev_add flattens objects",
			`{"execute": "netdev_add", "arguments": {"type": "stream", "id": "n1", "addr": {"type": "unix", "path": "/x"}}}`,
			"add netdev [{type stream} {id n1} {addr.type unix} {addr.path /x}]", ""},
		{"netdev_add repeats a key for each element of a list",
			`{"execute": "netdev_add", "arguments": {"type": "user", "id": "u1", "hostfwd": [{"str": "tcp::1-:2"}, {"str": "udp::3-:4"}]}}`,
			"add netdev [{type user} {id u1} {hostfwd tcp::1-:2} {hostfwd udp::3-:4}]", ""},
		{"netdev_del", `{"execute": "netdev_del", "arguments": {"id": "n1"}}`, "remove netdev n1", ""},
		{"set_link", `{"execute": "set_link", "arguments": {"name": "net0", "up": false}}`, "link net0 false", ""},
		{"announce-self", `{"execute": "announce-self", "arguments": {"initial": 20, "max": 100, "rounds": 300, "step": 10, "id": "bob"}}`,
			"announce {Initial:20 Max:100 Rounds:300 Step:10 Interfaces:[] ID:bob}", ""},
		{"query-rx-filter of all", `{"execute": "query-rx-filter"}`, `filters ""`, `"name": "net0"`},
		{"query-rx-filter of one", `{"execute": "query-rx-filter", "arguments": {"name": "net0"}}`, `filters "net0"`, `"name": "net0"`},
		{"block_resize by device", `{"execute": "block_resize", "arguments": {"device": "d0", "size": 1048576}}`, `resize "d0" "" 1048576`, ""},
		{"block_resize by node", `{"execute": "block_resize", "arguments": {"node-name": "n", "size": 512}}`, `resize "" "n" 512`, ""},
		{"balloon", `{"execute": "balloon", "arguments": {"value": 67108864}}`, "balloon 67108864", ""},
		{"qom-list", `{"execute": "qom-list", "arguments": {"path": "/machine"}}`, "list /machine", `{"return": [{"name": "type", "type": "string"}]}`},
		{"query-balloon", `{"execute": "query-balloon"}`, "ask the balloon", `{"return": {"actual": 1073741824}}`},
		{"qom-get", `{"execute": "qom-get", "arguments": {"path": "/b", "property": "p"}}`, "get /b p", `{"return": 5}`},
		{"qom-set", `{"execute": "qom-set", "arguments": {"path": "/b", "property": "p", "value": -3}}`, "set /b p -3", ""},
		{"x-query-virtio-status", `{"execute": "x-query-virtio-status", "arguments": {"path": "p"}}`, "status p", `"name": "virtio-net"`},
		{"x-query-virtio-queue-status", `{"execute": "x-query-virtio-queue-status", "arguments": {"path": "p", "queue": 2}}`, "queue p 2", `"queue-index": 2`},
		{"x-query-virtio-queue-element", `{"execute": "x-query-virtio-queue-element", "arguments": {"path": "p", "queue": 2}}`, "element p 2", `"descs": null`},
		{"x-query-virtio-queue-element at an index",
			`{"execute": "x-query-virtio-queue-element", "arguments": {"path": "p", "queue": 2, "index": 7}}`, "element p 2 7", `"index": 7`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			client := negotiated(t, f.server)
			client.says(c.says)
			answer := client.read()
			for strings.Contains(answer, `"event"`) {
				answer = client.read()
			}
			if got := fmt.Sprint(f.asked); got != "["+c.asked+"]" {
				t.Errorf("asked\n%s\nwant\n[%s]", got, c.asked)
			}
			if c.answer == "" && answer != `{"return": {}}` || !strings.Contains(answer, c.answer) {
				t.Errorf("the answer is %s", answer)
			}
		})
	}
}

func TestEachQueryHasItsAnswer(t *testing.T) {
	for _, c := range []struct{ says, want string }{
		{`{"execute": "query-version"}`, `{"return": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "test"}}`},
		{`{"execute": "query-status"}`, `{"return": {"status": "running", "singlestep": false, "running": true}}`},
		{`{"execute": "query-chardev"}`, `{"return": [{"label": "compat_monitor0", "filename": "stdio", "frontend-open": true}]}`},
		{`{"execute": "query-machines"}`, `{"return": [{"name": "pc-i440fx-7.2", "is-default": true, "cpu-max": 255, "hotpluggable-cpus": false, ` +
			`"numa-mem-supported": false, "deprecated": false, "alias": "pc"}, {"name": "none", "cpu-max": 1, "hotpluggable-cpus": false, ` +
			`"numa-mem-supported": false, "deprecated": false}]}`},
		{`{"execute": "qom-list-types", "arguments": {"abstract": true, "implements": "device"}}`,
			`{"return": [{"name": "virtio-net-pci", "parent": "virtio-net-pci-base"}, {"name": "virtio-net-pci-base", "abstract": true, "parent": "device"}]}`},
		{`{"execute": "qom-list-types", "arguments": {"implements": "virtio-net-pci-base"}}`,
			`{"return": [{"name": "virtio-net-pci", "parent": "virtio-net-pci-base"}]}`},
		{`{"execute": "x-query-virtio"}`, `{"return": [{"path": "/machine/peripheral/net0/virtio-backend", "name": "virtio-net"}]}`},
		{`{"execute": "query-pci"}`, `{"return": [{"bus": 0, "devices": [{"bus": 0, "slot": 4, "function": 0, "class_info": {"class": 0}, ` +
			`"id": {"device": 0, "vendor": 0, "subsystem": 0, "subsystem-vendor": 0}, "irq": 11, "irq_pin": 1, "qdev_id": "net0", ` +
			`"regions": [{"bar": 0, "type": "io", "address": -1, "size": 32}]}]}]}`},
		{`{"execute": "query-block"}`, `{"return": [{"device": "d0", "type": "unknown", "removable": false, "locked": false}]}`},
	} {
		client := negotiated(t, newFake().server)
		client.says(c.says)
		client.expect(c.want)
	}
}

func TestTheStatusIsQEMUs(t *testing.T) {
	f := newFake()
	f.paused = true
	f.server = New(Config{Machine: f, Version: Version{Triple{22, 2, 7}, "test"}})
	c := negotiated(t, f.server)
	status := func(want string) {
		t.Helper()
		c.says(`{"execute": "query-status"}`)
		c.expect(fmt.Sprintf(`{"return": {"status": "%s", "singlestep": false, "running": %v}}`, want, want == "running"))
	}
	status("prelaunch")
	c.says(`{"execute": "cont"}`)
	c.expect(`{"return": {}}`)
	status("running")
	c.says(`{"execute": "stop"}`)
	c.read()
	c.expect(`{"return": {}}`)
	status("paused")
	c.says(`{"execute": "system_reset"}`)
	c.expect(`{"return": {}}`)
	status("prelaunch")
}

func TestMachinesOfQEMU8HaveOneKeyMore(t *testing.T) {
	c := negotiated(t, New(Config{ACPIKey: true, Version: Version{Triple{22, 2, 7}, "test"}}))
	c.says(`{"execute": "query-machines"}`)
	if got := c.read(); strings.Count(got, `"acpi": true`) != 1 || strings.Count(got, `"acpi": false`) != 1 {
		t.Errorf("the answer is %s", got)
	}
}

func TestEveryCommandIsListed(t *testing.T) {
	c := negotiated(t, newFake().server)
	c.says(`{"execute": "query-commands"}`)
	list := c.read()
	for _, name := range []string{
		"qmp_capabilities", "query-version", "query-commands", "query-machines", "qom-list-types", "query-status", "stop", "cont", "quit",
		"system_reset", "system_powerdown", "query-pci", "query-chardev", "device_add", "device_del", "netdev_add", "netdev_del", "set_link",
		"announce-self", "query-rx-filter", "x-query-virtio", "x-query-virtio-status", "x-query-virtio-queue-status",
		"x-query-virtio-queue-element", "block_resize", "query-block", "balloon", "query-balloon", "qom-list", "qom-get", "qom-set",
	} {
		if strings.Count(list, `{"name": "`+name+`"}`) != 1 {
			t.Errorf("%s is not in the list", name)
		}
	}
}

func TestWhereNothingRunsThereIsNothingToStop(t *testing.T) {
	c := negotiated(t, New(Config{Version: Version{Triple{22, 2, 7}, "test"}}))
	for _, name := range []string{"stop", "device_add", "query-pci", "block_resize", "announce-self", "x-query-virtio"} {
		c.says(`{"execute": "` + name + `"}`)
		c.fails("CommandNotFound", "The command "+name+" has not been found")
	}
	c.says(`{"execute": "query-chardev"}`)
	c.expect(`{"return": []}`)
}

func TestANetdevsArgumentsHaveTheirTypes(t *testing.T) {
	c := negotiated(t, newFake().server)
	for _, e := range []struct{ argument, wrong, kind string }{
		{"hubid", `"0"`, "integer"}, {"hubid", `true`, "integer"}, {"hubid", `1.5`, "integer"}, {"restrict", `"on"`, "boolean"}, {"net", `3`, "string"},
	} {
		c.says(fmt.Sprintf(`{"execute": "netdev_add", "arguments": {"type": "hubport", "id": "h", "%s": %s}}`, e.argument, e.wrong))
		c.fails("GenericError", fmt.Sprintf("Invalid parameter type for '%s', expected: %s", e.argument, e.kind))
	}
}

func TestTheMachinesErrorsHaveQEMUsClasses(t *testing.T) {
	for _, c := range []struct {
		err         error
		class, text string
	}{
		{errors.New("the slot is taken"), "GenericError", "the slot is taken"},
		{NotFound("net1"), "DeviceNotFound", "Device 'net1' not found"},
		{fmt.Errorf("netdev: %w", NotFound("n1")), "DeviceNotFound", "Device 'n1' not found"},
		{ErrNoBalloon, "DeviceNotActive", "No balloon device has been activated"},
		{NoProperty("virtio-balloon-pci", "p"), "GenericError", "Property 'virtio-balloon-pci.p' not found"},
	} {
		f := newFake()
		f.err = c.err
		client := negotiated(t, f.server)
		client.says(`{"execute": "device_del", "arguments": {"id": "net1"}}`)
		client.fails(c.class, c.text)
	}
}
