package kvm

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		is     error
		advice string
	}{
		{"a missing device asks for the module", unix.ENOENT, fs.ErrNotExist, "modprobe"},
		{"a forbidden device asks for the group", unix.EACCES, fs.ErrPermission, "usermod -aG kvm"},
		{"a node without a driver asks for the module", unix.ENODEV, unix.ENODEV, "load the module"},
		{"any other trouble is passed on", unix.EMFILE, unix.EMFILE, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := explainOpen("/dev/kvm", c.err)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.advice) || !strings.Contains(err.Error(), "/dev/kvm") {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefusesWhatIsNotKVM(t *testing.T) {
	if _, err := openPath(filepath.Join(t.TempDir(), "kvm")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := openPath("/dev/null"); !errors.Is(err, unix.ENOTTY) || !strings.Contains(err.Error(), "not the KVM device") {
		t.Errorf("/dev/null: %v", err)
	}
}

func TestSystemHasWhatAMachineNeeds(t *testing.T) {
	s := newSystem(t)
	for _, c := range []Capability{CapUserMemory, CapIRQChip, CapPIT2, CapIRQFD, CapIOEventFD, CapSignalMSI, CapImmediateExit} {
		if s.CheckExtension(c) == 0 {
			t.Errorf("no %v", c)
		}
	}
	if n := s.CheckExtension(Capability(1 << 20)); n != 0 {
		t.Errorf("unknown capability: %d", n)
	}
	if n, err := s.VCPUMmapSize(); err != nil || n < 3*4096 {
		t.Errorf("kvm_run area of %d bytes, %v", n, err)
	}
}

func TestSupportedCPUIDHasTheBasicLeaves(t *testing.T) {
	entries, err := newSystem(t).SupportedCPUID()
	check(t, err)
	for _, leaf := range []uint32{0, 1, 0x80000000} {
		if !slices.ContainsFunc(entries, func(e CPUIDEntry) bool { return e.Function == leaf }) {
			t.Errorf("no leaf %#x among %d", leaf, len(entries))
		}
	}
}

func TestMSRIndexListHasTheTSC(t *testing.T) {
	list, err := newSystem(t).MSRIndexList()
	check(t, err)
	const tsc, star = 0x10, 0xc0000081
	if !slices.Contains(list, tsc) || !slices.Contains(list, star) || slices.Contains(list, 0) {
		t.Errorf("%#x", list)
	}
}

func TestNamesAreThoseOfTheKernelHeader(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{CapIRQFDResample.String(), "KVM_CAP_IRQFD_RESAMPLE"},
		{Capability(9999).String(), "KVM_CAP_9999"},
		{ReasonSystemEvent.String(), "KVM_EXIT_SYSTEM_EVENT"},
		{ReasonInternalError.String(), "KVM_EXIT_INTERNAL_ERROR"},
		{Reason(37).String(), "KVM_EXIT_NOTIFY"},
		{Reason(39).String(), "KVM_EXIT_MEMORY_FAULT"},
		{Reason(9999).String(), "KVM_EXIT_9999"},
		{MPHalted.String(), "halted"},
		{MPState(9).String(), "MP state 9"},
		{SuberrorEmulation.String(), "emulation failure"},
		{Suberror(9).String(), "suberror 9"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
