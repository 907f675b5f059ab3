package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/boot/initramfs"
)

// shellImage is an initramfs with nothing but a shell, which is its init too.
func shellImage(t *testing.T) string {
	t.Helper()
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	a := initramfs.New()
	must(t, a.AddBinary("/bin/busybox", busybox), a.Symlink("/bin/sh", "busybox"), a.Dir("/proc", 0o555), a.Dir("/dev", 0o755),
		a.CharDev("/dev/console", 0o600, 5, 1))
	path := filepath.Join(t.TempDir(), "shell.cpio")
	f, err := os.Create(path)
	must(t, err)
	_, err = a.WriteTo(f)
	must(t, err, f.Close())
	return path
}

// bootShell is drydock boot with that shell on its console.
func bootShell(t *testing.T, options ...string) *session {
	t.Helper()
	kernel, err := hostkernel.Host{}.Find("")
	must(t, err)
	words := []string{"boot", "-kernel", kernel.Path, "-initrd", shellImage(t), "-nographic", "-nodefaults",
		"-append", "console=ttyS0 quiet rdinit=/bin/sh"}
	return talk(t, append(words, options...)...)
}

const prompt = "# "

func TestTheConsoleTakesWhatIsTypedUntilPowerOff(t *testing.T) {
	s := bootShell(t)
	s.expect(prompt)
	s.say("echo $((6*7)) is the answer")
	s.expect("42 is the answer")
	s.say("busybox poweroff -f")
	s.wantEnd(0)
}

func TestARebootStartsTheMachineAgain(t *testing.T) {
	s := bootShell(t)
	s.expect(prompt)
	s.say("echo once > /mark; busybox reboot -f")
	s.expect(prompt)
	s.say("busybox test -e /mark || echo nothing is left")
	s.expect("\nnothing is left")
	s.say("busybox poweroff -f")
	s.wantEnd(0)
}

func TestARebootEndsAMachineThatShallNot(t *testing.T) {
	s := bootShell(t, "-no-reboot")
	s.expect(prompt)
	s.say("busybox reboot -f")
	s.wantEnd(0)
}

func TestCtrlAXLeavesTheConsole(t *testing.T) {
	s := bootShell(t)
	s.expect(prompt)
	s.say("\x01x")
	s.wantEnd(0)
}
