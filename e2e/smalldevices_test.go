package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLinuxUsesTheSmallDevices(t *testing.T) {
	const script = `modprobe virtio_rng; modprobe virtio_balloon
head -c 40 /dev/hwrng | wc -c
cat /sys/class/misc/hw_random/rng_current
for d in /sys/bus/virtio/devices/*; do echo $(cat $d/device) $(basename $(readlink $d/driver)) $(cut -c33,35 $d/features); done
for p in /sys/class/virtio-ports/*; do [ "$(cat $p/name)" = test.port ] && echo from the port > /dev/${p##*/}; done
echo from the console > /dev/hvc0`
	for name, c := range map[string]struct{ properties, bits string }{
		"legacy": {"disable-modern=on", "00"}, "transitional": {"disable-legacy=off", "10"}, "modern": {"disable-legacy=on", "10"},
		"packed": {"disable-legacy=on,packed=on", "11"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			port, console := filepath.Join(dir, "port"), filepath.Join(dir, "console")
			r := run(t, script, "-nodefaults", "-device", "virtio-rng-pci,"+c.properties,
				"-device", "virtio-balloon-pci,free-page-reporting=on,guest-stats-polling-interval=1,"+c.properties,
				"-device", "virtio-serial-pci,id=s,max_ports=3,"+c.properties,
				"-chardev", "file,id=p,path="+port, "-device", "virtserialport,bus=s.0,chardev=p,name=test.port",
				"-chardev", "file,id=c,path="+console, "-device", "virtconsole,bus=s.0,chardev=c")
			r.wantStatus(t, 0)
			for _, want := range []string{"40\n", "virtio_rng.0\n", "0x0004 virtio_rng " + c.bits, "0x0005 virtio_balloon " + c.bits, "0x0003 virtio_console " + c.bits} {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("it does not say %q, but\n%s%s", want, r.stdout, r.stderr)
				}
			}
			for path, want := range map[string]string{port: "from the port\n", console: "from the console\r\n"} {
				text, err := os.ReadFile(path)
				must(t, err)
				if !strings.HasSuffix(string(text), want) {
					t.Errorf("%s has %q, want %q", filepath.Base(path), text, want)
				}
			}
		})
	}
}

func TestAPortComesAndGoesWhileLinuxRuns(t *testing.T) {
	const script = `echo READY
until grep -qs late /sys/class/virtio-ports/*/name; do sleep 0.1; done; echo CAME
while grep -qs late /sys/class/virtio-ports/*/name; do sleep 0.1; done; echo WENT`
	socket := filepath.Join(t.TempDir(), "qmp")
	s := talk(t, "run", "-nodefaults", "-qmp", "unix:"+socket+",server=on,wait=off", "-device", "virtio-serial-pci,id=s", "--", "sh", "-c", script)
	s.expect("READY")
	m := monitorAt(t, socket)
	m.does(`{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "new", "bus": "s.0", "name": "late"}}`)
	s.expect("CAME")
	m.does(`{"execute": "device_del", "arguments": {"id": "new"}}`)
	s.expect("WENT")
	s.wantEnd(0)
}
