package virtioblk

import "github.com/drydock-vmm/drydock/virtio"

// What a driver of a block device must do, beyond the rules of its rings. Breaking one of these is a *virtio.Violation, as it is
// a virtio_error in QEMU; what else is wrong with a request is in its status.
var (
	RuleParts = &virtio.Rule{Section: "5.2.6",
		Text: "a request has a device-readable part for its header and a device-writable one for its status"}
	RuleHeader = &virtio.Rule{Section: "5.2.6",
		Text: "a request begins with 16 device-readable bytes of type, reserved and sector"}
	RuleSegment = &virtio.Rule{Section: "5.2.6",
		Text: "a discard or write zeroes request carries a segment of 16 bytes"}
)

// Rules lists them, so that a test can show that each is kept.
var Rules = []*virtio.Rule{RuleParts, RuleHeader, RuleSegment}
