// Package e2e boots stock Debian kernels with the drydock binary and compares what the guest, the device, the capture and the
// host say about the same frames. It knows a machine only by the command line of drydock, its exit status and what it writes.
//
// The tests want root and a KVM that runs a stock kernel at a usable speed; "drydock exec" gives both to their binary:
//
//	go test -c -o e2e.test ./e2e && drydock exec -file … -- ./e2e.test -test.v
//
// DRYDOCK_BIN names the binary to test (default: drydock in PATH), DRYDOCK_E2E_KERNELS further kernels, separated by colons.
// The test binary is also the program that runs in the guest, see guest_test.go.
package e2e
