package virtioblk

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/virtio"
)

var writeSector = command{kind: typeOut, out: make([]byte, 512)}

func TestTheWriteCacheIsWhatTheDriverMadeOfIt(t *testing.T) {
	for _, tc := range []struct {
		name     string
		config   Config
		features virtio.Features
		set      []byte // written to wce
		want     []string
	}{
		{"QEMU's default", Config{}, modern, nil, []string{"write"}},
		{"wce set to 0", Config{}, modern, []byte{0}, []string{"write", "flush"}},
		{"wce set to 0 and to 1", Config{}, modern, []byte{0, 1}, []string{"write"}},
		{"no cache at power on", Config{WriteThrough: true}, modern, nil, []string{"write", "flush"}},
		{"no cache at power on, wce set to 1", Config{WriteThrough: true}, modern, []byte{1}, []string{"write"}},
		{"a driver that cannot flush", Config{}, modern.Without(Flush, ConfigWCE), nil, []string{"write", "flush"}},
		{"a driver that can flush and not set wce", Config{WriteThrough: true}, modern.Without(ConfigWCE), nil, []string{"write"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			disk := newScript(1 << 20)
			tc.config.Disk = disk
			r := start(t, tc.config, tc.features)
			for _, v := range tc.set {
				r.device.config.Write(tc.features, configWCE, []byte{v})
			}
			r.want(writeSector, statusOK)
			if got := disk.heard(); !slices.Equal(got, tc.want) {
				t.Errorf("the disk heard %v, want %v", got, tc.want)
			}
		})
	}
}

func TestWithoutAWriteCacheZeroesAndDiscardsAreFlushed(t *testing.T) {
	disk := newScript(1 << 20)
	r := start(t, Config{Disk: disk, WriteThrough: true}, modern)
	r.want(command{kind: typeWriteZeroes, out: segment(0, 1, 0)}, statusOK)
	r.want(command{kind: typeDiscard, out: segment(0, 1, 0)}, statusOK)
	if got := disk.heard(); !slices.Equal(got, []string{"zero", "flush", "discard", "flush"}) {
		t.Errorf("the disk heard %v", got)
	}
}

func TestAResetForgetsWhatTheDriverSaidOfTheCache(t *testing.T) {
	r := start(t, Config{}, modern)
	r.device.config.Write(modern, configWCE-1, []byte{0, 0})
	var b [1]byte
	if r.device.config.Read(configWCE, b[:]); b[0] != 0 {
		t.Error("wce is 1 after a write of 0")
	}
	r.Reset(modern)
	if r.device.config.Read(configWCE, b[:]); b[0] != 1 {
		t.Error("wce is 0 after a reset")
	}
}

func TestTheHostsErrorsAreIOErrorsAndOneLine(t *testing.T) {
	for _, host := range []error{unix.ENOSPC, unix.EIO, io.ErrUnexpectedEOF} {
		t.Run(host.Error(), func(t *testing.T) {
			var log strings.Builder
			disk := newScript(1 << 20)
			disk.failWith(fmt.Errorf("disk.img: %w", host))
			r := start(t, Config{Disk: disk, Name: "disk.img", Log: zerolog.New(&log)}, modern)
			for range 3 {
				for _, c := range []command{
					writeSector, {kind: typeIn, in: 512}, {kind: typeFlush},
					{kind: typeDiscard, out: segment(0, 1, 0)}, {kind: typeWriteZeroes, out: segment(0, 1, 0)},
				} {
					r.want(c, statusIOErr)
				}
			}
			disk.failWith(nil)
			r.want(writeSector, statusOK)
			s := r.device.Stats().Queues[0]
			if s.Write.Errors != 3 || s.Read.Errors != 3 || s.Flush.Errors != 3 || s.Discard.Errors != 3 || s.WriteZeroes.Errors != 3 {
				t.Errorf("counted: %+v", s)
			}
			if err := r.Stop(); err != nil {
				t.Fatal(err)
			}
			if first, _, _ := strings.Cut(log.String(), "\n"); !strings.Contains(first, host.Error()) || !strings.Contains(first, "disk.img") {
				t.Errorf("the log says %q", log.String())
			}
		})
	}
}

func TestTroubleIsToldOnceInAWhile(t *testing.T) {
	var log strings.Builder
	tr := trouble{log: zerolog.New(&log), name: "x"}
	r := &request{op: OpWrite, err: errors.New("no")}
	now := time.Unix(1000, 0)
	for range 100 {
		tr.reportAt(now, r)
		now = now.Add(troubleInterval / 50)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], `"untold":49`) {
		t.Errorf("got %q", lines)
	}
}

func TestErrorsThatAreToBeIgnoredAreOK(t *testing.T) {
	disk := newScript(1 << 20)
	disk.failWith(unix.EIO)
	var log strings.Builder
	r := start(t, Config{Disk: disk, IgnoreWriteErrors: true, Log: zerolog.New(&log)}, modern)
	r.want(writeSector, statusOK)
	r.want(command{kind: typeIn, in: 512}, statusIOErr)
	if err := r.Stop(); err != nil || !strings.Contains(log.String(), "which the guest is not told") {
		t.Errorf("%v; the log says %q", err, log.String())
	}
	r = start(t, Config{Disk: disk, IgnoreReadErrors: true}, modern)
	r.want(command{kind: typeIn, in: 512}, statusOK)
	r.want(writeSector, statusIOErr)
}

func TestAFileThatBecomesShorterIsAnIOError(t *testing.T) {
	r := start(t, Config{}, modern)
	r.want(command{kind: typeIn, sector: 100, in: 4096}, statusOK)
	if err := os.Truncate(r.path, 4096); err != nil {
		t.Fatal(err)
	}
	r.want(command{kind: typeIn, sector: 100, in: 4096}, statusIOErr)
	r.want(command{kind: typeIn, sector: 7, in: 1024}, statusIOErr)
	r.want(command{kind: typeIn, sector: 0, in: 4096}, statusOK)
}
