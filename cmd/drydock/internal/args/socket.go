package args

import (
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Socket is -netdev socket or stream: frames behind their length on a connected stream.
type Socket struct {
	FD   int    // -1: none
	Path string // of a character device or a Unix socket

	// More are such paths for further queue pairs: the carrier's alone, where the other end of each is another Drydock's.
	More []string
}

func (s *Socket) props() option.Props {
	var kind string
	return option.Props{
		"fd": option.ToUint(&s.FD, 31), "path": option.ToString(&s.Path),
		"addr.type": option.OneOf(&kind, "unix", "fd"), "addr.path": option.ToString(&s.Path), "addr.str": option.ToUint(&s.FD, 31),
		"server": mustBeFor(false, "only connecting is possible: start the other side first"),
		"more":   func(path string) error { s.More = append(s.More, path); return nil },
	}
}
