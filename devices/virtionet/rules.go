package virtionet

import "github.com/drydock-vmm/drydock/virtio"

// What a driver of a network card must do, beyond the rules of its rings. Breaking one of these is a *virtio.Violation.
var (
	RuleTransmitReadable = &virtio.Rule{Section: "5.1.9.2",
		Text: "a transmit buffer has a device-readable part"}
	RuleTransmitHeader = &virtio.Rule{Section: "5.1.9.2.1",
		Text: "a transmit buffer begins with a whole virtio_net_hdr, and a frame follows"}
	RuleControlLayout = &virtio.Rule{Section: "5.1.9.5",
		Text: "a control buffer begins with readable class and command bytes and ends with a writable ack byte"}
)

// Rules lists them, so that a test can show that each is kept.
var Rules = []*virtio.Rule{RuleTransmitReadable, RuleTransmitHeader, RuleControlLayout}
