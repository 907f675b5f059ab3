package virtionet

import "github.com/drydock-vmm/drydock/virtio"

const guestOffloadsSet = 0 // VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET (5.1.9.5.8)

// commandOffloads changes what the driver accepts in received frames, within what it accepted as features. The bits have the
// features' numbers. RSC_EXT may be among them whether or not it was accepted (QEMU's virtio_net_handle_offloads).
func (l *life) commandOffloads(command byte, data *reader) bool {
	bits, ok := data.uint64()
	asked := virtio.Features{bits}
	if !ok || command != guestOffloadsSet || !l.features.Has(CtrlGuestOffloads) || l.frame.own {
		return false
	}
	if asked.Without(RscExt).Minus(l.features.And(guestBits)) != (virtio.Features{}) {
		return false
	}
	if err := l.cfg.Netdev.SetOffload(acceptedOffload(asked)); err != nil {
		l.log.Error().Err(err).Msg("virtionet: the netdev cannot change its offloads")
		return false
	}
	l.setRSC(asked)
	l.wakeReceivers() // what they hold back may be due
	return true
}

// guestBits are the offloads that the command can switch.
var guestBits = func() (f virtio.Features) {
	for _, o := range offloads {
		f = f.With(o.guest)
	}
	return f
}()
