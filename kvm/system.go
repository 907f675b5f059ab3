package kvm

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

const (
	devicePath = "/dev/kvm"
	apiVersion = 12 // the only one since Linux 2.6.22; the API says to refuse all others
)

var (
	getAPIVersion     = io("KVM_GET_API_VERSION", 0x00)
	createVM          = io("KVM_CREATE_VM", 0x01)
	getMSRIndexList   = iowr[uint32]("KVM_GET_MSR_INDEX_LIST", 0x02)
	checkExtension    = io("KVM_CHECK_EXTENSION", 0x03)
	getVCPUMmapSize   = io("KVM_GET_VCPU_MMAP_SIZE", 0x04)
	getSupportedCPUID = iowr[tableHeader]("KVM_GET_SUPPORTED_CPUID", 0x05)
)

// System is an open /dev/kvm.
type System struct{ fd int }

// Open opens /dev/kvm and checks its API version. An error says what to do about it, and wraps the errno.
func Open() (*System, error) { return openPath(devicePath) }

func openPath(path string) (*System, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, explainOpen(path, err)
	}
	s := &System{fd}
	version, err := getAPIVersion.do(fd, 0)
	switch {
	case err != nil:
		err = fmt.Errorf("%s is not the KVM device: %w", path, err)
	case version != apiVersion:
		err = fmt.Errorf("%s: KVM API version %d, want %d", path, version, apiVersion)
	default:
		return s, nil
	}
	return nil, errors.Join(err, s.Close())
}

// explainOpen turns the errno of the open into advice: those three are what people meet.
func explainOpen(path string, err error) error {
	advice := "the kernel refused to open it"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		advice = "no KVM here: load its module (modprobe kvm_intel or kvm_amd); if that fails, turn on virtualization" +
			" in the firmware or, inside a virtual machine, nested virtualization on its host"
	case errors.Is(err, fs.ErrPermission):
		advice = "this user may not use KVM: join its group (sudo usermod -aG kvm $USER) and log in again"
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		advice = "the device node has no driver: load the module kvm_intel or kvm_amd"
	}
	return fmt.Errorf("%s: %w: %s", path, err, advice)
}

// Close closes the device. VMs made from it live on.
func (s *System) Close() error { return closeFD(&s.fd) }

// CheckExtension returns what the kernel says of a capability: 0 for no, 1 for yes, or its number (KVM_CAP_NR_VCPUS).
// What a VM can do may differ, see VM.CheckExtension.
func (s *System) CheckExtension(c Capability) int {
	n, _ := checkExtension.do(s.fd, uintptr(c))
	return n
}

// VCPUMmapSize is the size in bytes of the area that a VCPU shares with its user, of which struct kvm_run is the first page.
func (s *System) VCPUMmapSize() (int, error) { return getVCPUMmapSize.do(s.fd, 0) }

// SupportedCPUID returns the CPUID leaves that the host and KVM can give to a guest. They carry the values of the
// processor that this thread happened to run on, in leaf 1 and 0xb its APIC ID.
func (s *System) SupportedCPUID() ([]CPUIDEntry, error) {
	return readCPUID(getSupportedCPUID, s.fd)
}

// MSRIndexList returns the model-specific registers that a snapshot of a guest has to hold.
func (s *System) MSRIndexList() ([]uint32, error) {
	n, _ := table[uint32, uint32](0)
	if _, err := getMSRIndexList.do(s.fd, n); err != nil && !tooLong(err) {
		return nil, err
	}
	n, list := table[uint32, uint32](int(*n))
	want := len(list)
	*n = uint32(want)
	if _, err := getMSRIndexList.do(s.fd, n); err != nil {
		return nil, err
	}
	return list[:*n], nil
}

// CreateVM makes a virtual machine with no memory, no interrupt controller and no processor.
func (s *System) CreateVM() (*VM, error) {
	size, err := s.VCPUMmapSize()
	if err != nil {
		return nil, err
	}
	fd, err := createVM.do(s.fd, 0)
	if err != nil {
		return nil, err
	}
	return &VM{fd: fd, runSize: size}, nil
}
