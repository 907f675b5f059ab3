package carrier

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
)

func start(t *testing.T, c Config) *Carrier {
	t.Helper()
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Fatal("this test needs QEMU: apt-get install qemu-system-x86")
	}
	begin := time.Now()
	carrier, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("up after %v", time.Since(begin).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := carrier.Close(); err != nil {
			t.Error(err)
		}
	})
	return carrier
}

// run runs a job in a shell and returns status and output.
func run(t *testing.T, c *Carrier, j Job, script string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	j.Spec = runproto.Spec{Argv: []string{"sh", "-c", script}}
	j.Stdout, j.Stderr = &out, &out
	begin := time.Now()
	status, err := c.Run(context.Background(), j)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out.String())
	}
	t.Logf("%s: %v", script, time.Since(begin).Round(time.Millisecond))
	return status, strings.TrimSpace(out.String())
}

func TestACarrierRunsOneJobAfterAnother(t *testing.T) {
	c := start(t, Config{Console: os.Stderr})
	if status, out := run(t, c, Job{}, "test -c /dev/kvm && uname -r; ls -l /dev/kvm /dev/net/tun; cat /proc/uptime; dmesg | tail -5"); status != 0 {
		t.Errorf("%d, %s", status, out)
	} else {
		t.Log(out)
	}
	if status, out := run(t, c, Job{}, "exit 7"); status != 7 {
		t.Errorf("%d, %s", status, out)
	}
}
