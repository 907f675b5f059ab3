package carrier

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// drive puts the file of a -drive behind a disk of the carrier.
func (r *rewriting) drive(l option.List) (option.List, error) {
	for _, key := range []string{"file", "file.filename"} {
		name, ok := l.Get(key)
		if !ok || isNull(name) {
			continue
		}
		device, err := r.disk(name, on(l, "readonly", "read-only"))
		if err != nil {
			return l, err
		}
		l = l.With(key, device)
	}
	return l, nil
}

// blockdev puts the file of a -blockdev behind a disk of the carrier, whichever layer names it. The layers are told of read-only
// each for itself: if none says so of the file's, it is written.
func (r *rewriting) blockdev(l option.List) (option.List, error) {
	for _, p := range l {
		if p.Key != "filename" && !strings.HasSuffix(p.Key, ".filename") {
			continue
		}
		device, err := r.disk(p.Value, on(l, "read-only", strings.TrimSuffix(p.Key, "filename")+"read-only"))
		if err != nil {
			return l, err
		}
		l = l.With(p.Key, device)
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

// disk adds a disk of the carrier with the host's file in it, and returns its name there. What the machine inside flushes is flushed to
// the file: QEMU's disk keeps that promise, too.
func (r *rewriting) disk(host string, readOnly bool) (device string, err error) {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "file:"), "host_device:")
	if strings.Contains(host, "://") || strings.HasPrefix(host, "json:") {
		return "", errors.New("an emulated host can only have files and block devices; use -accel kvm")
	}
	info, err := os.Stat(host)
	if err != nil {
		return "", err
	}
	if mode := info.Mode(); !mode.IsRegular() && (mode&os.ModeDevice == 0 || mode&os.ModeCharDevice != 0) {
		return "", fmt.Errorf("%s is neither a regular file nor a block device", host)
	}
	if host, err = filepath.Abs(host); err != nil {
		return "", err
	}
	n := len(r.plan.Disks)
	if n == maxDisks {
		return "", fmt.Errorf("an emulated host has %d disks; use -accel kvm", maxDisks)
	}
	r.plan.Disks = append(r.plan.Disks, Disk{Path: host, ReadOnly: readOnly})
	return DiskPath(n), nil
}

// chardev redirects what is written to a file. Other ways out lead to this host, and are not there inside.
func (r *rewriting) chardev(l option.List) (option.List, error) {
	switch kind, _ := l.Get("backend"); kind {
	case "null", "stdio", "ringbuf":
		return l, nil
	case "socket":
		return r.chardevSocket(l)
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
		return l, fmt.Errorf("a %s does not reach into an emulated host; use a socket, file, stdio or null, or -accel kvm", kind)
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
