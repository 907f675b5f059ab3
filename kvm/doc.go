// Package kvm is the Linux KVM API (Documentation/virt/kvm/api.rst) in Go types, for x86-64: System is /dev/kvm, VM a
// virtual machine, VCPU one of its processors, Exit the reason why a processor came back.
//
// The promise: one method for each ioctl that a virtual machine monitor needs, under the kernel's name; arguments of the
// kernel's layout, checked at compile time; errors that name the ioctl and wrap the errno; a signal never shows as an
// error; VCPU.Run does not allocate; whatever a Close closes is all that was opened.
//
// The border: the package maps no guest memory and knows no address in it, no device, no boot protocol and no policy (which
// CPUID bits, what to do on HLT). The one guest it has itself is the few bytes by which RingZeroSpeed measures the host.
//
// Methods of System and VM may be called at any time from any goroutine: the kernel locks. Those of VCPU, but for Kick, are
// for the one goroutine that runs it, because the kernel makes them wait for as long as the guest runs.
package kvm
