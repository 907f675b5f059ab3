package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// onPort is for a guest: it answers each line that comes by the port of that name, until one is the end.
const onPort = `p=$(grep -l name.of.it /sys/class/virtio-ports/*/name); p=${p%/name}; exec 3<>/dev/${p##*/}
while read -r line <&3 || sleep 0.05; do
	case $line in
	"") ;;
	end) exit 7 ;;
	*) echo "you say $line" >&3; line= ;;
	esac
done`

func TestSocketsLeadToAMachineInAnEmulatedHost(t *testing.T) {
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Fatal("this test needs QEMU: apt-get install qemu-system-x86")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	cmd := exec.Command(os.Args[0], "run", "-accel", "carrier", "-nodefaults", "-qmp", "unix:"+at("qmp")+",server=on,wait=off",
		"-chardev", "socket,id=c,path="+at("c")+",server=on", "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=c,name=name.of.it",
		"--", "sh", "-c", onPort)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Logf("it says\n%s", &said)
		}
	})
	client := visit(t, at("qmp"))
	client.hears()
	client.answers(`{"execute": "qmp_capabilities"}`, `{"return": {}}`)
	client.answers(`{"execute": "query-chardev"}`, `"filename": "disconnected:unix:`+at("c")+`,server=on"`)
	guest := visit(t, at("c")) // and so it starts
	guest.says("hello")
	guest.expect("you say hello")
	another := visit(t, at("qmp"))
	another.hears()
	another.Close()
	guest.Close()
	guest = visit(t, at("c"))
	guest.says("hello again")
	guest.expect("you say hello again")
	client.answers(`{"execute": "query-status"}`, `"status": "running"`)
	guest.says("end")
	client.hearsEvent("SHUTDOWN")
	for _, p := range []*peer{client, guest} {
		if rest, err := io.ReadAll(p.in); len(rest) > 0 || err != nil {
			t.Errorf("at last it says %q, %v", rest, err)
		}
	}
	_ = cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 7 {
		t.Errorf("the status is %d", status)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}
