package vmm_test

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/vmm"
)

func TestAGuestEndsInTheWayItChooses(t *testing.T) {
	for _, c := range []struct {
		name, options string
		want          vmm.Outcome
	}{
		{"the debug exit port", "status=3", vmm.Outcome{End: vmm.DebugExit, Code: 3}},
		{"ACPI S5", "end=poweroff", vmm.Outcome{End: vmm.PowerOff}},
		{"the keyboard controller", "end=keyboard", vmm.Outcome{End: vmm.Reset}},
		{"the reset control register", "end=cf9", vmm.Outcome{End: vmm.Reset}},
		{"system control port A", "end=port92", vmm.Outcome{End: vmm.Reset}},
		{"a triple fault", "end=triple", vmm.Outcome{End: vmm.TripleFault}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, "nothing "+c.options, vmm.Config{NoReboot: true})
			<-p.ended
			state := p.end.State
			p.end.State = ""
			c.want.Boots = 1
			if p.err != nil || p.end != c.want {
				t.Errorf("the outcome is %+v, %v; want %+v\n%s", p.end, p.err, c.want, p.output)
			}
			if (p.end.End == vmm.TripleFault) != strings.Contains(state, "rip=0x") {
				t.Errorf("the CPU's state is %q", state)
			}
		})
	}
}

func TestAGuestThatKVMCannotRunIsAnErrorWithItsRegisters(t *testing.T) {
	p := start(t, "nothing end=nowhere", vmm.Config{NoReboot: true})
	<-p.ended
	if p.err == nil || !strings.Contains(p.err.Error(), "CPU 0 cannot go on") || !strings.Contains(p.err.Error(), "rip=0xd0000000") {
		t.Errorf("the outcome is %+v, %v", p.end, p.err)
	}
}

func TestAMachineStopsWhateverItsGuestDoes(t *testing.T) {
	for _, c := range []struct {
		name, cmdline, sign string
		cpus                int
	}{
		{"it spins", "nothing end=hang", "LEAVE", 1},
		{"it halts", "nothing end=halt", "LEAVE", 1},
		{"it halts beside CPUs that were never started", "nothing end=halt", "LEAVE", 4},
		{"both its CPUs halt", "smp end=halt", "LEAVE", 2},
		{"it writes without looking whether there is room", "exits count=1000000000", "PAYLOAD", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := start(t, c.cmdline, vmm.Config{CPUs: c.cpus, Devices: []vmm.Device{newNIC(t).on(transitional)}})
			p.waitFor(c.sign)
			time.Sleep(5 * time.Millisecond)
			if o := p.stopped(); o.End != vmm.Stopped {
				t.Errorf("the outcome is %+v", o)
			}
		})
	}
}

// stuck is a writer that nobody empties.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }

func TestAMachineStopsThoughNobodyReadsItsConsole(t *testing.T) {
	out := stuck{make(chan struct{})}
	defer close(out.release)
	p := start(t, "nothing end=hang", vmm.Config{Serial: [2]vmm.Serial{{Out: out}}})
	time.Sleep(50 * time.Millisecond)
	if o := p.stopped(); o.End != vmm.Stopped {
		t.Errorf("the outcome is %+v", o)
	}
}

func TestARebootStartsTheSameMachineAgain(t *testing.T) {
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer keys.Close()
	n := newNIC(t)
	p := start(t, "echo count=14 irq=1 end=ask", vmm.Config{Devices: []vmm.Device{n.on(transitional)}, Serial: [2]vmm.Serial{{In: in}}})
	for _, key := range []string{"!", "!", "."} {
		p.waitFor("READY")
		if err := n.echo(14, 12); err != nil {
			t.Fatalf("%v\n%s", err, p.output)
		}
		p.waitFor("ASK")
		p.output.clear()
		if _, err := io.WriteString(keys, key); err != nil {
			t.Fatal(err)
		}
	}
	p.finish()
	if p.end.Boots != 3 {
		t.Errorf("%d boots", p.end.Boots)
	}
}

func TestWhatIsTypedReachesTheGuestAcrossAReboot(t *testing.T) {
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer keys.Close()
	p := start(t, "talk", vmm.Config{Serial: [2]vmm.Serial{{In: in}}})
	typing := func(s string) {
		t.Helper()
		if _, err := io.WriteString(keys, s); err != nil {
			t.Fatal(err)
		}
	}
	typing("a first line longer than the sixteen bytes of the fifo")
	p.waitFor("A FIRST LINE LONGER THAN THE SIXTEEN BYTES OF THE FIFO")
	p.output.clear()
	typing("!")
	p.waitFor("READY")
	typing("second")
	p.waitFor("SECOND")
	typing(".")
	p.finish()
	if p.end.Boots != 2 {
		t.Errorf("%d boots", p.end.Boots)
	}
	typing("more")
	var b [4]byte
	if _, err := io.ReadFull(in, b[:]); err != nil || string(b[:]) != "more" {
		t.Errorf("the caller reads %q, %v after the machine's end", b, err)
	}
}
