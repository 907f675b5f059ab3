package e2e

import (
	"errors"
	"io"
	"os"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
)

// A tally is frames and their bytes, without virtio headers.
type tally struct{ Frames, Bytes uint64 }

// A captured is what a capture holds, by direction and queue.
type captured struct{ in, out captureSide }

type captureSide struct {
	queues  map[uint32]tally
	longest int // frame
}

func (s *captureSide) add(queue uint32, length int) {
	sum := s.queues[queue]
	s.queues[queue] = tally{sum.Frames + 1, sum.Bytes + uint64(length)}
	s.longest = max(s.longest, length)
}

func (s *captureSide) total() (all tally) {
	for _, t := range s.queues {
		all.Frames += t.Frames
		all.Bytes += t.Bytes
	}
	return all
}

func readCapture(t *testing.T, path string) captured {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	must(t, err)
	c := captured{captureSide{queues: map[uint32]tally{}}, captureSide{queues: map[uint32]tally{}}}
	for {
		_, info, options, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return c
		}
		must(t, err)
		if options.Flags == nil || options.Queue == nil {
			t.Fatalf("a packet of the capture has no direction or no queue: %+v", options)
		}
		side := &c.in
		if options.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound {
			side = &c.out
		}
		side.add(*options.Queue, info.Length)
	}
}
