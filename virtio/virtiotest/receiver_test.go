package virtiotest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// frame is a header of h bytes and a payload that differs from byte to byte and from frame to frame.
func frame(h, payload, salt int) []byte {
	b := make([]byte, h+payload)
	for i := range payload {
		b[h+i] = byte(i*7 + i>>8 + salt)
	}
	return b
}

func TestFramesComeBackThroughTheBuffersOfEveryDriver(t *testing.T) {
	for _, s := range virtiotest.Strategies {
		for _, f := range []virtio.Features{
			virtio.FeaturesOf(virtio.Version1, mrgRxbuf),
			virtio.FeaturesOf(virtio.Version1, mrgRxbuf, virtio.EventIdx, virtio.IndirectDesc),
			virtio.FeaturesOf(virtio.Version1, mrgRxbuf, virtio.RingPacked),
			virtio.FeaturesOf(virtio.Version1, mrgRxbuf, virtio.RingPacked, virtio.EventIdx, virtio.IndirectDesc),
		} {
			t.Run(s.Name+" with "+f.String(), func(t *testing.T) { loopFrames(t, s, f) })
		}
	}
}

func loopFrames(t *testing.T, s virtiotest.Strategy, f virtio.Features) {
	h := virtiotest.Start(t, loop{}, f, virtiotest.Options{})
	tx, rx := h.Queue(1), virtiotest.NewReceiver(h.Queue(0), s, 12)
	rx.Fill()
	for i := range 600 {
		sent := frame(12, 14+i%1400, i)
		tx.Add(virtiotest.Readable(h.RAM.Put(sent), len(sent)))
		tx.Kick()
		tx.Wait(time.Minute)
		got := rx.Receive(time.Minute)
		if !bytes.Equal(got.Payload, sent[12:]) {
			t.Fatalf("frame %d of %d bytes differs: got %d bytes in %d buffers", i, len(sent)-12, len(got.Payload), got.NumBuffers)
		}
	}
	rx.Empty()
}
