package args

import (
	"strconv"
	"strings"
)

// Words is a command line that says the same as m: Parse and Check make an equal machine of it. Lists are as they were written. Where
// -qtest is is left out: it drives this process.
func (m *Machine) Words() []string {
	var w words
	w.platform(m)
	w.conduct(m)
	for _, g := range m.Globals {
		w.option("-global", g.String())
	}
	for _, g := range groups {
		for _, l := range m.Lists[g.name] {
			w.option("-"+g.name, l.String())
		}
	}
	return w
}

// platform is what the machine is.
func (w *words) platform(m *Machine) {
	w.option("-kernel", m.Kernel)
	w.option("-initrd", m.Initrd)
	w.option("-append", m.Append)
	w.option("-machine", m.Kind)
	w.option("-m", strconv.FormatUint(m.RAM>>20, 10))
	w.option("-smp", strconv.Itoa(m.CPUs))
	w.option("-cpu", m.CPU)
	w.option("-accel", m.Accel)
	for _, port := range m.Serial {
		w.option("-serial", port)
	}
	w.flag("-nographic", m.NoGraphic)
	w.flag("-nodefaults", m.NoDefaults)
	if m.NoNIC {
		w.option("-nic", "none")
	}
}

// conduct is how it is run.
func (w *words) conduct(m *Machine) {
	w.option("-name", escape(m.Name))
	w.option("-pidfile", m.PIDFile)
	w.option("-stats", m.Stats)
	w.option("-log", m.LogLevel)
	if m.Timeout != 0 {
		w.option("-timeout", m.Timeout.String())
	}
	w.flag("-no-reboot", m.NoReboot)
	w.flag("-S", m.Paused)
	for _, e := range m.Monitors() {
		w.option("-qmp", e.String())
	}
}

type words []string

// option adds an option that has a value.
func (w *words) option(name, value string) {
	if value != "" {
		*w = append(*w, name, value)
	}
}

func (w *words) flag(name string, on bool) {
	if on {
		*w = append(*w, name)
	}
}

// escape doubles commas, which otherwise end a value.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }
