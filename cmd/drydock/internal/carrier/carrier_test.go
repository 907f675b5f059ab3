package carrier

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/net"
	"golang.org/x/sys/unix"
)

func needQEMU(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Fatal("this test needs QEMU: apt-get install qemu-system-x86")
	}
}

func start(t *testing.T, c Config) *Carrier {
	t.Helper()
	needQEMU(t)
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

// shell runs a job in a shell and returns its status and all output.
func shell(t *testing.T, c *Carrier, j Job, script string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	j.Spec.Argv = []string{"sh", "-c", script}
	j.Stdout, j.Stderr = &out, &out
	status, err := c.Run(context.Background(), j)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out.String())
	}
	return status, strings.TrimSpace(out.String())
}

// One carrier serves all of it, in this order: that a job leaves no trace for the next is part of the promise.
func TestACarrier(t *testing.T) {
	outside, wire, err := net.Pipe(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { outside.Close() }) // after the carrier
	disk := image(t)
	if err := os.WriteFile(disk+"2", make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	peers, err := char.SocketConfig{Network: "unix", Address: socket, Server: true}.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{Links: []net.Netdev{outside}, Sockets: []Socket{{Peers: peers}}, Disks: []Disk{{Path: disk, ReadOnly: true}, {Path: disk + "2"}}})

	t.Run("lets clients of a socket in to its first job", func(t *testing.T) { letIn(t, c, socket) })
	t.Run("has KVM and tun for every user", func(t *testing.T) {
		status, out := shell(t, c, Job{}, "stat -c %a /dev/kvm /dev/net/tun; test -c /dev/kvm; uname -r")
		if status != 0 || out != "666\n666\n"+c.Release() {
			t.Errorf("status %d, %s", status, out)
		}
	})
	t.Run("has the host's files for disks, and writes them in place", func(t *testing.T) {
		status, out := shell(t, c, Job{}, "cat /sys/block/vda/ro /sys/block/vda/size; echo flushed | dd of="+DiskPath(1)+" conv=fsync 2>/dev/null")
		text, err := os.ReadFile(disk + "2")
		if status != 0 || out != "1\n128" || err != nil || !bytes.HasPrefix(text, []byte("flushed\n")) {
			t.Errorf("status %d, %s; the file begins %q, %v", status, out, text[:min(len(text), 10)], err)
		}
	})
	t.Run("gives status, standard streams and working directory", func(t *testing.T) {
		j := Job{Host: runproto.Host{Spec: runproto.Spec{Dir: "/usr/bin", Env: []string{"A=b"}}, Stdin: strings.NewReader("in")}}
		if status, out := shell(t, c, j, "cat; pwd; echo $A; exit 7"); status != 7 || out != "in/usr/bin\nb" {
			t.Errorf("status %d, %s", status, out)
		}
	})
	t.Run("tells its jobs where they are, and auto is kvm for them", func(t *testing.T) {
		if status, out := shell(t, c, Job{}, "echo $DRYDOCK_CARRIER; /init exec -accel auto echo here"); status != 0 || out != "1\nhere" {
			t.Errorf("status %d, %s", status, out)
		}
	})
	t.Run("finds the kernel that drydock run boots", func(t *testing.T) {
		status, out := shell(t, c, Job{}, "cd /lib/modules/$(uname -r) && test -s modules.dep && test -s /boot/vmlinuz-$(uname -r) && modprobe veth && ip link add type veth")
		if status != 0 {
			t.Errorf("status %d, %s", status, out)
		}
	})
	t.Run("brings files in and out", func(t *testing.T) { bringFiles(t, c) })
	t.Run("keeps the modes of directories that it has", func(t *testing.T) {
		files := initramfs.New()
		if err := files.Bytes("/tmp/x", 0o600, nil); err != nil {
			t.Fatal(err)
		}
		if _, out := shell(t, c, Job{Files: files}, "stat -c %a /tmp /tmp/x"); out != "1777\n600" {
			t.Errorf("%s", out)
		}
	})
	t.Run("says which file a job has not written", func(t *testing.T) {
		missing := []Artefact{{Guest: "/no/such", Host: filepath.Join(t.TempDir(), "x")}}
		job := Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"true"}}}, Artefacts: missing}
		if _, err := c.Run(t.Context(), job); err == nil || !strings.Contains(err.Error(), "/no/such") {
			t.Errorf("error %v", err)
		}
		job.Spec.Argv = []string{"false"}
		if status, err := c.Run(t.Context(), job); status != 1 || err != nil {
			t.Errorf("a command that failed: status %d, %v", status, err)
		}
	})
	t.Run("survives a job that is stopped", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := c.Run(ctx, Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"sleep", "1000"}}}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if _, out := shell(t, c, Job{}, "pidof sleep; echo none"); out != "none" {
			t.Errorf("still there: %s", out)
		}
	})
	t.Run("survives a job whose output nobody takes", func(t *testing.T) {
		_, err := c.Run(t.Context(), Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"yes"}}, Stdout: full{}}})
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("tells of a command that is not there", func(t *testing.T) {
		status, err := c.Run(t.Context(), Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"nosuch"}}}})
		var failure *runproto.Failure
		if status != runproto.StatusNotFound || !errors.As(err, &failure) {
			t.Errorf("status %d, error %v", status, err)
		}
	})
	t.Run("carries frames between the queues of a link and their ports", func(t *testing.T) { echoFrames(t, c, outside, wire) })
	t.Run("that has died is an error with its console's words", func(t *testing.T) {
		_, err := c.Run(t.Context(), Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"sh", "-c", "echo c >/proc/sysrq-trigger; sleep 100"}}}})
		if err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("error %v", err)
		}
		if _, err := c.Run(t.Context(), Job{}); err == nil {
			t.Error("a dead carrier took a job")
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, unix.ENOSPC }

func bringFiles(t *testing.T, c *Carrier) {
	files := initramfs.New()
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := files.Bytes("/data/in/big", 0o640, big); err != nil {
		t.Fatal(err)
	}
	host := filepath.Join(t.TempDir(), "out")
	j := Job{Files: files, Artefacts: []Artefact{{Guest: "/data/out", Host: host}, {Guest: "/data/none", Host: host + "2", Optional: true}}}
	if status, out := shell(t, c, j, "stat -c %a /data/in/big && cat /data/in/big /data/in/big >/data/out"); status != 0 || out != "640" {
		t.Fatalf("status %d, %s", status, out)
	}
	got, err := os.ReadFile(host)
	if err != nil || !bytes.Equal(got, append(big, big...)) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if !c.Has("/data/in/big") || c.Has("/data/in/other") {
		t.Error("Has does not tell what was put in")
	}
}

// echoFrames sends frames to a job that sends them back, when that wants both queues.
func echoFrames(t *testing.T, c *Carrier, outside *net.Memory, wire *net.Peer) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Run(ctx, Job{Host: runproto.Host{Spec: runproto.Spec{Argv: []string{"/init", "echo", PortPath(0), PortPath(1)}}}})
		ended <- err
	}()
	for outside.Queues() != 2 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	for size := 60; size <= 1514; size += 727 {
		for queue := range 2 {
			frame := bytes.Repeat([]byte{byte(size + queue)}, size)
			if err := wire.Send(queue, nil, frame); err != nil {
				t.Fatal(err)
			}
			if _, got, err := wire.Receive(queue, 10*time.Second); err != nil || !bytes.Equal(got, frame) {
				t.Errorf("queue %d: a frame of %d bytes came back with %d, %v", queue, len(frame), len(got), err)
			}
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestACarrierThatPanicsAtBootIsAnErrorWithItsConsole(t *testing.T) {
	needQEMU(t)
	_, err := Start(t.Context(), Config{Binary: "/bin/true"})
	if err == nil || !strings.Contains(err.Error(), "Attempted to kill init") {
		t.Errorf("error %v", err)
	}
}

func TestACarrierThatHangsIsGivenUp(t *testing.T) {
	needQEMU(t)
	_, err := Start(t.Context(), Config{BootTimeout: 50 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "50ms") {
		t.Errorf("error %v", err)
	}
}

func TestAStartCanBeCalledOff(t *testing.T) {
	needQEMU(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, Config{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsMissingIsNamedWithThePackageThatHasIt(t *testing.T) {
	t.Setenv("PATH", "")
	if _, err := Start(t.Context(), Config{}); err == nil || !strings.Contains(err.Error(), "apt-get install qemu-system-x86") {
		t.Errorf("error %v", err)
	}
	if _, err := Start(t.Context(), Config{QEMU: "/bin/true"}); err == nil || !strings.Contains(err.Error(), "apt-get install busybox-static") {
		t.Errorf("error %v", err)
	}
}
