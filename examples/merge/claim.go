package main

import (
	"errors"
	"fmt"
	"io"
)

// A claim is what a run must have shown.
type claim func(r *result) error

func mostMerged(r *result) error {
	if merged := r.end.Frames - r.end.ByBuffers[1]; 2*merged <= r.end.Frames {
		return fmt.Errorf("only %d of %d frames took more than one buffer", merged, r.end.Frames)
	}
	return nil
}

func noneMerged(r *result) error {
	if merged := r.end.Frames - r.end.ByBuffers[1]; merged != 0 {
		return fmt.Errorf("%d of %d frames took more than one buffer, though merging was off", merged, r.end.Frames)
	}
	return nil
}

// arrived says that the card's counters and the guest's program speak of the same stream.
func arrived(r *result) error {
	switch {
	case r.stream.Bytes == 0:
		return errors.New("the guest received nothing")
	case r.end.Bytes < uint64(r.stream.Bytes):
		return fmt.Errorf("the guest received %d bytes, and its network card only %d", r.stream.Bytes, r.end.Bytes)
	case r.rest.Posted.Buffers == 0:
		return errors.New("the driver had posted no buffers")
	}
	return nil
}

// judge checks the claims of all runs, and the one about both kinds: what merged buffers save.
func judge(w io.Writer, all []result) (err error) {
	for i := range all {
		r := &all[i]
		if why := errors.Join(arrived(r), r.want(r)); why != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", r.name, why))
		}
	}
	if err != nil {
		return err
	}
	merge, whole := all[0].rest.Posted, all[1].rest.Posted
	if whole.Bytes <= merge.Bytes {
		return fmt.Errorf("merged buffers save nothing: %d bytes posted with them, %d without", merge.Bytes, whole.Bytes)
	}
	fmt.Fprintf(w, "\nHere: %d buffers in %s KiB with merging, %d in %s KiB without: %.0f times the memory.\n",
		merge.Buffers, grouped(merge.Bytes>>10), whole.Buffers, grouped(whole.Bytes>>10), float64(whole.Bytes)/float64(merge.Bytes))
	return nil
}
