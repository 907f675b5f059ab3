package e2e

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// guestNIC is what a guest calls its first NIC.
const guestNIC = "eth0"

// counters are what a kernel says of one of its interfaces.
type counters struct {
	RxPackets, RxBytes, RxErrors, RxDropped uint64
	TxPackets, TxBytes, TxErrors, TxDropped uint64
}

func readCounters(nic string) (c counters, err error) {
	for name, value := range map[string]*uint64{
		"rx_packets": &c.RxPackets, "rx_bytes": &c.RxBytes, "rx_errors": &c.RxErrors, "rx_dropped": &c.RxDropped,
		"tx_packets": &c.TxPackets, "tx_bytes": &c.TxBytes, "tx_errors": &c.TxErrors, "tx_dropped": &c.TxDropped,
	} {
		text, errRead := readText("/sys/class/net/" + nic + "/statistics/" + name)
		n, errNumber := strconv.ParseUint(text, 10, 64)
		*value, err = n, errors.Join(err, errRead, errNumber)
	}
	return c, err
}

func readText(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}

func appendUptime(to []float64) ([]float64, error) {
	text, errRead := readText("/proc/uptime")
	first, _, _ := strings.Cut(text, " ")
	seconds, errNumber := strconv.ParseFloat(first, 64)
	return append(to, seconds), errors.Join(errRead, errNumber)
}

func onlineCPUs() (n int, err error) {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "processor\t") {
			n++
		}
	}
	return n, nil
}

// interrupts reads /proc/interrupts: "24:  17  0  PCI-MSI 65537-edge  virtio1-input.0".
func interrupts() (map[string][]uint64, error) {
	f, err := os.Open("/proc/interrupts")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Scan()
	cpus := len(strings.Fields(s.Text()))
	counts := map[string][]uint64{}
	for s.Scan() {
		words := strings.Fields(s.Text())
		if len(words) < cpus+2 {
			continue
		}
		var perCPU []uint64
		for _, w := range words[1 : 1+cpus] {
			n, err := strconv.ParseUint(w, 10, 64)
			if err != nil {
				return nil, err
			}
			perCPU = append(perCPU, n)
		}
		counts[words[len(words)-1]] = perCPU
	}
	return counts, s.Err()
}

// kernelWarnings reads the kernel's messages of the level of a warning, and worse.
func kernelWarnings() (warnings []string, err error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	const warning, levels = 4, 8
	for buf := make([]byte, 8192); ; {
		n, err := unix.Read(fd, buf) // one message each: "priority,sequence,microseconds,-;text\n"
		if err == unix.EAGAIN {
			return warnings, nil
		}
		if err != nil {
			return warnings, err
		}
		head, text, _ := strings.Cut(string(buf[:n]), ";")
		priority, _, _ := strings.Cut(head, ",")
		p, err := strconv.Atoi(priority)
		if err != nil {
			return warnings, err
		}
		if p%levels <= warning {
			first, _, _ := strings.Cut(text, "\n")
			warnings = append(warnings, first)
		}
	}
}
