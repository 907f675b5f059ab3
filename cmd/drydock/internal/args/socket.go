package args

import (
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/net"
)

// Socket is -netdev socket or stream: frames behind their length on a connected stream.
type Socket struct {
	FD   int    // -1: none
	Path string // of a character device or a Unix socket

	// A carrier's alone, where the netdev is another Drydock's at the other end: what that can carry, and the paths of further queue pairs.
	Offloads net.Offload
	More     []string
}

func (s *Socket) props() option.Props {
	var kind string
	return option.Props{
		"fd": option.ToUint(&s.FD, 31), "path": option.ToString(&s.Path),
		"addr.type": option.OneOf(&kind, "unix", "fd"), "addr.path": option.ToString(&s.Path), "addr.str": option.ToUint(&s.FD, 31),
		"server":   mustBeFor(false, "only connecting is possible: start the other side first"),
		"offloads": option.ToUint(&s.Offloads, 32),
		"more":     func(path string) error { s.More = append(s.More, path); return nil },
	}
}
