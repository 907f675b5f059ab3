package capture

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// describe tells what a virtio_net_hdr leaves to its receiver; nothing for most frames. The offsets are the frame's.
func describe(hdr []byte) string {
	const (
		needsCsum = 1
		dataValid = 2
		ecn       = 0x80
	)
	if len(hdr) < 10 {
		return ""
	}
	var parts []string
	flags, kind := hdr[0], hdr[1]
	if flags&needsCsum != 0 {
		parts = append(parts, fmt.Sprintf("checksum from %d at +%d is to be completed", field(hdr, 6), field(hdr, 8)))
	}
	if flags&dataValid != 0 {
		parts = append(parts, "checksum is known to be right")
	}
	if kind != 0 {
		text := fmt.Sprintf("%s segments of %d bytes, headers %d", kindName(kind&^ecn), field(hdr, 4), field(hdr, 2))
		if kind&ecn != 0 {
			text += ", ECN"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func field(hdr []byte, at int) uint16 { return binary.LittleEndian.Uint16(hdr[at:]) }

// kindName is the VIRTIO_NET_HDR_GSO_ name.
func kindName(kind byte) string {
	if name, ok := map[byte]string{1: "TCPV4", 3: "UDP", 4: "TCPV6", 5: "UDP_L4"}[kind]; ok {
		return name
	}
	return fmt.Sprintf("unknown (%d)", kind)
}
