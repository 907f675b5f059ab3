package carrier

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/net"
)

// A Plan is a machine's command line for the inside of a carrier, and what must come in and out for it to mean the same.
type Plan struct {
	// Words are the options. They say -accel kvm, and from Open on what the links can carry.
	Words []string
	// Files come in: kernel and initrd. The caller may Bring more, such as what a command line behind the options names.
	Files *initramfs.Archive
	// Artefacts come back: captures, counters, output of serial ports.
	Artefacts []Artefact
	// Links stay outside: Open opens them as they are here, for Config.Links in this order.
	Links []args.Netdev
	// Sockets stay outside, too: OpenSockets opens them, for Config.Sockets.
	Sockets []PlannedSocket
	// Disks are what -drive and -blockdev name, for Config.Disks. They are written in place.
	Disks []Disk
	// RAM is what the carrier needs, in MiB.
	RAM uint64

	inner *args.Machine
	lists []int // of Links: which -netdev of inner's lists each has become
}

// Rewrite makes the plan of a machine. The -pidfile is left to the caller: who wants to end the machine must end this process.
// So is the time that the carrier itself takes: -timeout counts from the inner machine's start.
func Rewrite(m *args.Machine) (*Plan, error) {
	if m.QTest != "" {
		return nil, errors.New("-qtest: it does not reach into an emulated host, and drives machines without a CPU better: use -accel qtest")
	}
	r := rewriting{inner: m.Clone(), plan: &Plan{Files: initramfs.New()}}
	r.plan.inner = r.inner
	r.inner.Accel, r.inner.PIDFile = "kvm", ""
	err := errors.Join(r.plan.Files.Dir(outDir, 0o777), r.kernel(), r.initrd())
	r.outputs()
	err = errors.Join(err, r.lists())
	r.netdevs()
	r.monitors()
	r.plan.Words = r.inner.Words()
	r.plan.RAM = r.ram()
	return r.plan, err
}

// A rewriting is one call of Rewrite.
type rewriting struct {
	inner *args.Machine
	plan  *Plan
}

// Where a machine in a carrier has its files: away from what the carrier has itself.
const (
	inDir  = "/drydock/in"
	outDir = "/drydock/out"
)

// kernel brings in the kernel. Its modules stay outside: the file systems of machines are not made in the carrier.
func (r *rewriting) kernel() (err error) {
	r.inner.Kernel, err = r.input("-kernel", r.inner.Kernel)
	return err
}

func (r *rewriting) initrd() (err error) {
	r.inner.Initrd, err = r.input("-initrd", r.inner.Initrd)
	return err
}

// input brings in the file that an option names, if it names one.
func (r *rewriting) input(option, host string) (guest string, err error) {
	if host == "" {
		return "", nil
	}
	if guest, err = r.plan.Bring(host); err != nil {
		err = fmt.Errorf("%s: %w", option, err)
	}
	return guest, err
}

// outputs redirects what is written to files.
func (r *rewriting) outputs() {
	for i, port := range r.inner.Serial {
		if file, ok := strings.CutPrefix(port, "file:"); ok {
			r.inner.Serial[i] = "file:" + r.output(file)
		}
	}
	if r.inner.Stats != "" {
		r.inner.Stats = r.output(r.inner.Stats)
	}
}

// output adds an artefact and returns its inner path.
func (r *rewriting) output(host string) string {
	guest := path.Join(outDir, fmt.Sprintf("%d", len(r.plan.Artefacts)))
	r.plan.Artefacts = append(r.plan.Artefacts, Artefact{Guest: guest, Host: host})
	return guest
}

// netdevs replaces everything that leads to the host by ports of the carrier, one for each queue pair.
func (r *rewriting) netdevs() {
	ports := 0
	for i, n := range r.inner.Netdevs {
		if n.Kind == "hubport" {
			continue
		}
		stream := option.List{{Key: "type", Value: "stream"}, {Key: "id", Value: n.ID}, {Key: "path", Value: PortPath(ports)}}
		for ports++; len(stream) < 2+max(1, n.Tap.Queues, len(n.Tap.FDs)); ports++ {
			stream = append(stream, option.Pair{Key: "more", Value: PortPath(ports)})
		}
		r.plan.Links, r.plan.lists = append(r.plan.Links, n), append(r.plan.lists, i)
		r.inner.Lists["netdev"][i] = stream
	}
}

// ram leaves as much for the carrier beside the machine as it has by default.
func (r *rewriting) ram() uint64 {
	const beside = 1024
	return max(3072, r.inner.RAM>>20+beside)
}

// Bring adds a file of the host, and returns its path in the carrier, which ends in that of the host: what is said of it there can be
// understood here.
func (p *Plan) Bring(host string) (guest string, err error) {
	if host, err = filepath.Abs(host); err != nil {
		return "", err
	}
	guest = path.Join(inDir, host)
	return guest, p.Files.File(guest, 0o644, host)
}

// BringOpen is Bring for a file that need not have a name. It must stay open until the carrier has started.
func (p *Plan) BringOpen(f *os.File) (guest string, err error) {
	return p.Bring(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}

// Command is a command line with these options behind its first word.
func (p *Plan) Command(first string, rest ...string) []string {
	return slices.Concat([]string{first}, p.Words, rest)
}

// Open opens all links; open is how the caller opens one. The caller closes them after the carrier.
func (p *Plan) Open(open func(args.Netdev) (net.Netdev, error)) (links []net.Netdev, err error) {
	for i, n := range p.Links {
		link, err := open(n)
		if err != nil {
			err = fmt.Errorf("-netdev %s,id=%s: %w", n.Kind, n.ID, err)
			for _, l := range links {
				err = errors.Join(err, l.Close())
			}
			return nil, err
		}
		links = append(links, link)
		p.describe(i, link.Offloads())
	}
	p.Words = p.inner.Words()
	return links, nil
}

// describe says inside what the n-th link can carry.
func (p *Plan) describe(n int, can net.Offload) {
	if can != 0 {
		l := &p.inner.Lists["netdev"][p.lists[n]]
		*l = l.With("offloads", strconv.Itoa(int(can)))
	}
}
