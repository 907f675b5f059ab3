package virtionet

import (
	"bytes"
	"testing"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestADeviceStopsFromEveryWait(t *testing.T) {
	post := func(r *rig, n int) {
		rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
		rx.Keep = true
		rx.Post(n)
	}
	for _, c := range []struct {
		name string
		wait func(r *rig) (waits func() bool)
	}{
		{"for buffers", func(r *rig) func() bool {
			return func() bool { return r.rx().Starved > 0 }
		}},
		{"for a frame", func(r *rig) func() bool {
			post(r, 4)
			r.send(nil, frame(60, 1))
			return func() bool { return r.rx().Frames == 1 }
		}},
		{"for more buffers", func(r *rig) func() bool {
			post(r, 1)
			r.send(nil, frame(9000, 1))
			return func() bool { return r.rx().Waited == 1 }
		}},
		{"for room in the link", func(r *rig) func() bool {
			data := r.RAM.Alloc(1512, 1)
			return func() bool {
				for r.Queue(1).Room() > 0 {
					r.Queue(1).Add(virtiotest.Readable(data, 1512))
				}
				r.Queue(1).Kick()
				for ok := true; ok; _, ok = r.Queue(1).Next() {
				}
				return r.tx().Waited > 0
			}
		}},
		{"for the link to come back", func(r *rig) func() bool {
			r.device.SetLink(false)
			return func() bool { return r.ConfigChanges() == 1 }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, noOffload, merged.features, Config{}, virtiotest.Options{})
			r.wait(c.name, c.wait(r))
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
			r.device.SetLink(false)
			r.device.Announce() // neither may touch the session that is over
			changes := r.ConfigChanges()
			if r.device.SetLink(true); r.ConfigChanges() != changes {
				t.Error("a driver that is gone is notified")
			}
		})
	}
}

func TestAFrameThatWaitsOutlivesItsQueueButNotItsDriver(t *testing.T) {
	for _, m := range mergedModes {
		t.Run(m.name, func(t *testing.T) {
			r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{})
			wait := func(waited uint64) {
				r.receiver(virtiotest.LinuxMergeable, m.header).Post(1)
				r.send(nil, frame(9000, byte(waited)))
				r.wait("the frame waits", func() bool { return r.rx().Waited == waited })
			}
			wait(1)
			r.Disable(0)
			if s := r.rx(); s.Drops.Total() != 0 || s.Posted.Buffers != 0 || s.Posted.MaxBytes == 0 {
				t.Errorf("counted %+v", s)
			}
			r.Enable(0)
			rx := r.receiver(virtiotest.LinuxMergeable, m.header)
			rx.Keep = true
			rx.Post(8)
			if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(9000, 1)) {
				t.Error("another frame")
			}
			r.Disable(0)
			r.Enable(0)
			wait(2)
			if err := r.Stop(); err != nil {
				t.Fatal(err)
			}
			if s := r.rx(); s.Drops[DropReset] != 1 || s.Drops.Total() != 1 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestAFrameThatWaitsIsJudgedAgainWhenThereIsRoom(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *rig)
		want   Drop
	}{
		{"the cable is pulled", func(r *rig) { r.device.SetLink(false) }, DropLinkDown},
		{"the driver wants it no more", func(r *rig) { r.command([]byte{0, 0, 0}) }, DropFiltered},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, tapOffload, merged.features, Config{}, virtiotest.Options{})
			rx := r.receiver(virtiotest.LinuxMergeable, merged.header)
			rx.Post(1)
			r.send(nil, frame(9000, 1))
			r.wait("the frame waits", func() bool { return r.rx().Waited == 1 })
			c.change(r)
			rx.Post(8)
			r.dropped(c.want, 1)
		})
	}
}
