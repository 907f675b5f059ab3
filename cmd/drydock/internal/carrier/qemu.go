package carrier

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
)

// cmdline is the carrier's kernel's. Most of it leaves out what an emulated processor is slow at, or what emulation need not
// fear: measuring the TSC (QEMU's is steady), side channels, self tests, grace periods that wait for idle processors.
const cmdline = "console=ttyS0 loglevel=4 panic=-1 mitigations=off tsc=reliable clocksource=tsc no_timer_check " +
	"random.trust_cpu=on cryptomgr.notests audit=0 nmi_watchdog=0 nowatchdog rcupdate.rcu_expedited=1"

// cpu leaves out XSAVE. Emulated SVM does not intercept XSETBV: a guest's would change the XCR0 of the carrier itself, and KVM,
// which never hears of it, would tell the guest wrong sizes (CPUID leaf 0xd; Linux warns of an "XSAVE consistency problem").
//
// It leaves out CMPXCHG16B, too. A nested page fault in the middle of an emulated one leaves the flags register a random word, and
// Linux 6.12, which allocates memory by it, dies of a double fault.
const cpu = "max,xsave=off,cx16=off"

// qemuArgs is QEMU's command line. The descriptors of kernel, initrd and the ports are 3 and on.
func qemuArgs(c Config, ports []string) []string {
	args := []string{
		"-nodefaults", "-display", "none", "-no-reboot",
		"-M", "q35,hpet=off,smbus=off,sata=off,usb=off,vmport=off,graphics=off",
		"-accel", "tcg,thread=single", "-cpu", cpu,
		"-smp", strconv.Itoa(c.CPUs), "-m", strconv.FormatUint(c.RAM, 10),
		"-kernel", "/proc/self/fd/3", "-initrd", "/proc/self/fd/4", "-append", cmdline,
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-device", fmt.Sprintf("virtio-serial-pci,disable-legacy=on,max_ports=%d", len(ports)+1),
	}
	for i, d := range c.Disks {
		args = append(args, d.args(i)...)
	}
	for i, name := range ports {
		args = append(args, port(5+i, i+1, name)...) // port 0 is for consoles only
	}
	return args
}

func port(fd, number int, name string) []string {
	return []string{
		"-chardev", fmt.Sprintf("socket,id=%s,fd=%d", name, fd),
		"-device", fmt.Sprintf("virtserialport,chardev=%s,name=%s,nr=%d", name, name, number),
	}
}

// A process is a running QEMU.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and been waited for
	err  error         // how, once done
}

// startProcess starts QEMU with the files as its descriptors 3 and on. It dies with this process, even if that is killed: the
// kernel ties its life to the thread that started it, so that thread waits for it.
func startProcess(path string, args []string, files []*os.File, console *tail) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.ExtraFiles = console, console, files
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true} // Ctrl-C is for the job, not for its host
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("carrier: start QEMU: %w", err)
	}
	return p, nil
}

// kill ends QEMU and waits for that.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.done
}
