package carrier

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// lists makes what disks, character devices and objects name mean the same inside.
func (r *rewriting) lists() error {
	return errors.Join(r.each("drive", r.drive), r.each("blockdev", r.blockdev), r.each("chardev", r.chardev), r.each("object", r.object))
}

func (r *rewriting) each(group string, rewrite func(option.List) (option.List, error)) (all error) {
	for i, l := range r.inner.Lists[group] {
		inner, err := rewrite(l)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("-%s %v: %w", group, l, err))
		}
		r.inner.Lists[group][i] = inner
	}
	return all
}

// errWritable: what a guest writes would be in the carrier's memory only, and gone with it if it ends by force. A disk whose flushes
// promise nothing is none.
var errWritable = errors.New("an emulated host has a copy of the file, so what the guest writes would be lost; " +
	"add readonly=on or snapshot=on (-blockdev: read-only=on), or use -accel kvm")

// drive brings in the file of a -drive that is only read.
func (r *rewriting) drive(l option.List) (option.List, error) {
	for _, key := range []string{"file", "file.filename"} {
		name, ok := l.Get(key)
		if !ok || isNull(name) {
			continue
		}
		if !on(l, "readonly", "read-only", "snapshot") {
			return l, errWritable
		}
		guest, err := r.disk(name)
		if err != nil {
			return l, err
		}
		l = l.With(key, guest)
	}
	return l, nil
}

// blockdev brings in the file of a -blockdev, whichever layer names it.
func (r *rewriting) blockdev(l option.List) (option.List, error) {
	for _, p := range l {
		if p.Key != "filename" && !strings.HasSuffix(p.Key, ".filename") {
			continue
		}
		if !on(l, "read-only", strings.TrimSuffix(p.Key, "filename")+"read-only") {
			return l, errWritable
		}
		guest, err := r.disk(p.Value)
		if err != nil {
			return l, err
		}
		l = l.With(p.Key, guest)
	}
	return l, nil
}

// isNull reports whether a file name is QEMU's for a disk without a file.
func isNull(name string) bool {
	return strings.HasPrefix(name, "null-co:") || strings.HasPrefix(name, "null-aio:")
}

// on reports whether one of the switches is given as on.
func on(l option.List, names ...string) bool {
	for _, name := range names {
		s, _ := l.Get(name)
		if is, err := option.Bool(s); err == nil && is {
			return true
		}
	}
	return false
}

// maxDisk is what a file of an initial RAM disk can hold.
const maxDisk = 1<<32 - 1

// disk brings in an image. It is in the carrier's memory twice while that starts.
func (r *rewriting) disk(host string) (guest string, err error) {
	if strings.Contains(host, "://") || strings.HasPrefix(host, "json:") {
		return "", errors.New("an emulated host can only have files; use -accel kvm")
	}
	info, err := os.Stat(host)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file, which an emulated host could have a copy of; use -accel kvm", host)
	case info.Size() > maxDisk:
		return "", fmt.Errorf("%s has %d MiB; an emulated host can have a copy of 4095", host, info.Size()>>20)
	}
	r.disks += uint64(info.Size())
	return r.plan.Bring(host)
}

// chardev redirects what is written to a file. Other ways out lead to this host, and are not there inside.
func (r *rewriting) chardev(l option.List) (option.List, error) {
	switch kind, _ := l.Get("backend"); kind {
	case "null", "stdio", "ringbuf":
		return l, nil
	case "file":
		if in, ok := l.Get("input-path"); ok {
			guest, err := r.plan.Bring(in)
			if err != nil {
				return l, err
			}
			l = l.With("input-path", guest)
		}
		out, _ := l.Get("path")
		return l.With("path", r.output(out)), nil
	default:
		return l, fmt.Errorf("a %s does not reach into an emulated host; use a file, stdio or null, or -accel kvm", kind)
	}
}

// object redirects captures, and brings in files. Devices are the carrier's own.
func (r *rewriting) object(l option.List) (option.List, error) {
	kind, _ := l.Get("qom-type")
	switch name, _ := l.Get("filename"); {
	case kind == "filter-dump":
		file, _ := l.Get("file")
		return l.With("file", r.output(file)), nil
	case kind == "rng-random" && name != "" && !strings.HasPrefix(name, "/dev/"):
		guest, err := r.plan.Bring(name)
		return l.With("filename", guest), err
	case kind == "rng-egd" || kind == "memory-backend-file":
		return l, fmt.Errorf("a %s does not reach into an emulated host; use -accel kvm", kind)
	}
	return l, nil
}
