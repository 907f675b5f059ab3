package virtionet

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Drop is why a frame was not passed on.
type Drop int

const (
	DropFiltered     Drop = iota // the receive filter: another's address or VLAN
	DropTooBig                   // longer than one buffer, without MRG_RXBUF
	DropRingTooSmall             // longer than all buffers of a ring that has no free entry
	DropSegments                 // to be cut into segments, of a kind that the driver did not accept
	DropOversize                 // longer than any link's frame (68 KiB), or than the negotiated MTU allows
	DropRunt                     // nothing, or less than a header
	DropLinkDown                 // the link is down, on the user's or the host's side
	DropUnserved                 // the queue pair is not in use
	DropHostError                // the host refused it
	DropReset                    // the driver reset the device while the frame waited for it
	numDrops         = iota
)

var dropNames = [numDrops]string{
	"filtered", "too-big", "ring-too-small", "segments", "oversize", "runt", "link-down", "unserved", "host-error", "reset",
}

// String is the reason in a word, as -stats writes it.
func (r Drop) String() string { return dropNames[r] }

// Drops counts dropped frames; the index is a Drop. In JSON it is an object of the reasons that there were: {"filtered": 3}.
type Drops [numDrops]uint64

// Total is the sum over all reasons.
func (d Drops) Total() (n uint64) {
	for _, v := range d {
		n += v
	}
	return n
}

// MarshalJSON implements json.Marshaler.
func (d Drops) MarshalJSON() ([]byte, error) {
	by := map[string]uint64{}
	for reason, n := range d {
		if n > 0 {
			by[Drop(reason).String()] = n
		}
	}
	return json.Marshal(by)
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Drops) UnmarshalJSON(text []byte) error {
	by := map[string]uint64{}
	if err := json.Unmarshal(text, &by); err != nil {
		return err
	}
	*d = Drops{}
	for name, n := range by {
		reason := slices.Index(dropNames[:], name)
		if reason < 0 {
			return fmt.Errorf("virtionet: no frame is dropped for the reason %q", name)
		}
		d[reason] = n
	}
	return nil
}

type dropCounters [numDrops]counter

func (d *dropCounters) drops() (out Drops) {
	for i := range d {
		out[i] = d[i].Load()
	}
	return out
}
