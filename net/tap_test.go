package net

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// gsoHeader is what a sender of TCP segmentation puts before a tcpFrame: 1448 bytes a segment, checksum from 34 at 16.
var gsoHeader = []byte{needsCsum, gsoTCPv4, 54, 0, 0xa8, 0x05, 34, 0, 16, 0}

func TestA64KSegmentArrivesWholeWithItsHeader(t *testing.T) {
	for _, header := range []int{10, 12, 20, 24} {
		inNetns(t, func(t *testing.T) {
			tap := openTestTap(t, TapConfig{Name: "t0", VNetHdr: VNetHdrOn})
			must(t, tap.SetHeader(header))
			must(t, tap.SetOffload(OffloadCsum|OffloadTSO4))
			sent := tcpFrame(64000)
			_, err := unix.Write(wire(t, "t0", true), append(append([]byte{}, gsoHeader...), sent...))
			must(t, err)
			hdr, frame, err := next(tap.Links()[0], header, isTCP)
			must(t, err)
			if hdr[hdrFlags] != needsCsum || hdr[hdrGSOType] != gsoTCPv4 || hdr[4] != 0xa8 || hdr[5] != 5 {
				t.Errorf("header %d: % x", header, hdr)
			}
			if !bytes.Equal(frame, sent) {
				t.Errorf("header %d: %d bytes of another frame", header, len(frame))
			}
		})
	}
}

func TestWhatTheGuestDoesNotAcceptTheKernelResolves(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0"})
		must(t, tap.SetOffload(0))
		_, err := unix.Write(wire(t, "t0", true), append(append([]byte{}, gsoHeader...), tcpFrame(4*1448)...))
		must(t, err)
		for i := range 4 {
			hdr, frame, err := next(tap.Links()[0], 10, isTCP)
			must(t, err)
			if len(frame) != 54+1448 || hdr[hdrGSOType] != gsoNone || hdr[hdrFlags]&needsCsum != 0 || !checksumIsRight(frame) {
				t.Errorf("segment %d: %d bytes, header % x, checksum right: %v", i, len(frame), hdr, checksumIsRight(frame))
			}
		}
	})
}

func TestTheTapSaysWhatItsKernelCarries(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0"})
		if !tap.Offloads().Has(OffloadCsum | OffloadTSO4 | OffloadTSO6 | OffloadECN) {
			t.Errorf("offloads %v", tap.Offloads())
		}
		for o := range tap.Offloads() << 1 {
			if tap.Offloads().Has(o) {
				must(t, tap.SetOffload(o))
			}
		}
		if tap.SetOffload(1<<20) == nil {
			t.Error("an unknown offload was accepted")
		}
		if err := tap.SetHeader(0); err == nil || !strings.Contains(err.Error(), "vnet_hdr=off") {
			t.Errorf("a header of no bytes on a tap with headers: %v", err)
		}
	})
}

func TestAFrameGoesOutToTheHost(t *testing.T) {
	for _, c := range []TapConfig{{Name: "t0"}, {Name: "t0", VNetHdr: VNetHdrOff}, {Name: "t0", Queues: 2, VNetHdr: VNetHdrOff}} {
		inNetns(t, func(t *testing.T) {
			tap := openTestTap(t, c)
			host := wire(t, "t0", false)
			frame := testFrame(1514)
			whole := frame
			if c.VNetHdr != VNetHdrOff {
				whole = append(make([]byte, 10), frame...)
			}
			must(t, tap.Links()[0].Send(append(iov(whole[:1], whole[1:20], whole[20:]), unix.Iovec{})))
			got := make([]byte, 2000)
			n, err := unix.Read(host, got)
			must(t, err)
			if !bytes.Equal(got[:n], frame) {
				t.Errorf("%+v: the host received %d other bytes", c, n)
			}
		})
	}
}

func TestAPlainTapHasNoHeaders(t *testing.T) {
	for _, queues := range []int{1, 2} {
		inNetns(t, func(t *testing.T) {
			tap := openTestTap(t, TapConfig{Name: "t0", VNetHdr: VNetHdrOff, Queues: queues})
			if tap.Offloads() != 0 || tap.SetHeader(0) != nil || tap.SetHeader(12) == nil {
				t.Errorf("offloads %v", tap.Offloads())
			}
			must(t, tap.SetQueues(1))
			sent := testFrame(1400)
			_, err := unix.Write(wire(t, "t0", false), sent)
			must(t, err)
			_, frame, err := next(tap.Links()[0], 0, isTest)
			must(t, err)
			if !bytes.Equal(frame, sent) {
				t.Errorf("%d other bytes", len(frame))
			}
		})
	}
}

func TestATapThatWasThereStaysAndOursGoes(t *testing.T) {
	for _, hdr := range []VNetHdr{VNetHdrOff, VNetHdrOn} {
		inNetns(t, func(t *testing.T) {
			ip(t, "tuntap add keep mode tap")
			for _, name := range []string{"keep", "ours"} {
				tap, err := OpenTap(TapConfig{Name: name, VNetHdr: hdr})
				must(t, err)
				must(t, tap.Close())
			}
			if !exists("keep") || exists("ours") {
				t.Errorf("vnet_hdr %v: keep is there: %v, ours is there: %v", hdr, exists("keep"), exists("ours"))
			}
		})
	}
}

func TestFramesArriveOnlyOnAttachedQueues(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0", Queues: 4})
		host := wire(t, "t0", false)
		for _, n := range []int{1, 4, 2, 1} {
			must(t, tap.SetQueues(n))
			seen := flood(t, tap, host)
			for q, frames := range seen {
				if q >= n && frames > 0 {
					t.Errorf("%d queues: queue %d received %d frames", n, q, frames)
				}
			}
			if total(seen) != 64 {
				t.Errorf("%d queues: %v frames, 64 were sent", n, seen)
			}
			if n == 4 && seen[0] == 64 {
				t.Errorf("4 queues: all frames came on the first")
			}
		}
	})
}

// flood sends 64 flows and counts what each queue gives.
func flood(t *testing.T, tap *Tap, host int) []int {
	t.Helper()
	for i := range 64 {
		f := tcpFrame(100)
		f[34], f[35], f[36] = byte(i), byte(i*31), byte(i*17)
		_, err := unix.Write(host, f)
		must(t, err)
	}
	seen := make([]int, len(tap.Links()))
	// What another CPU is sending meanwhile, such as a router solicitation, may take ours along a moment later.
	for end := time.Now().Add(wait); total(seen) < 64 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		for q, l := range tap.Links() {
			seen[q] += countTCP(l)
		}
	}
	return seen
}

// countTCP takes what waits in a queue.
func countTCP(l Link) (count int) {
	for buf := make([]byte, 2000); ; {
		n, err := l.Receive(iov(buf))
		if err != nil {
			return count
		}
		if isTCP(buf[10:n]) {
			count++
		}
	}
}

func total(counts []int) (sum int) {
	for _, c := range counts {
		sum += c
	}
	return sum
}

func TestADetachedTapQueueReceivesNothingButSends(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0", Queues: 2, VNetHdr: VNetHdrOff})
		host, l := wire(t, "t0", false), tap.Links()[1]
		must(t, tap.SetQueues(1))
		if _, err := l.Receive(iov(make([]byte, 100))); err != ErrWouldBlock {
			t.Errorf("Receive: %v", err)
		}
		must(t, l.Send(iov(testFrame(60))))
		if n, err := unix.Read(host, make([]byte, 100)); n != 60 || err != nil {
			t.Errorf("the host received %d bytes, %v", n, err)
		}
	})
}

func TestInheritedQueuesAreWhatTheyAre(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		first := openTestTap(t, TapConfig{Name: "t0", Queues: 2})
		var fds []int
		for _, fd := range first.fds {
			dup, err := unix.Dup(fd)
			must(t, err)
			fds = append(fds, dup)
		}
		tap, err := OpenTap(TapConfig{FDs: fds})
		must(t, err)
		if tap.Name() != "t0" || len(tap.Links()) != 2 || tap.Offloads() != first.Offloads() {
			t.Errorf("%s, %d links, %v", tap.Name(), len(tap.Links()), tap.Offloads())
		}
		must(t, tap.SetQueues(1))
		must(t, tap.Close())

		dup, err := unix.Dup(first.fds[0])
		must(t, err)
		if _, err := OpenTap(TapConfig{FDs: []int{dup}, VNetHdr: VNetHdrOff}); err == nil || !strings.Contains(err.Error(), "IFF_VNET_HDR") {
			t.Errorf("vnet_hdr=off of a tap with it: %v", err)
		}
	})
}

func TestATapThatCannotBeSaysWhy(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		openTestTap(t, TapConfig{Name: "busy", VNetHdr: VNetHdrOn})
		ip(t, "tuntap add single mode tap")
		pipe := make([]int, 2)
		must(t, unix.Pipe(pipe))
		t.Cleanup(func() { unix.Close(pipe[1]) })
		for _, c := range []struct {
			config TapConfig
			want   string
		}{
			{TapConfig{Name: "busy"}, "another process has it open"},
			{TapConfig{Name: "busy", VNetHdr: VNetHdrOff}, "another process has it open"},
			{TapConfig{Name: "single", Queues: 2}, "multi_queue"},
			{TapConfig{Name: "lo"}, "is no tap"},
			{TapConfig{Name: "much-too-long-a-name"}, "at most 15 bytes"},
			{TapConfig{Name: "t0", Queues: 257}, "1 to 256"},
			{TapConfig{Name: "t0", Queues: -1}, "1 to 256"},
			{TapConfig{FDs: []int{pipe[0]}}, "not an attached tap"},
		} {
			tap, err := OpenTap(c.config)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: error %v, want %q", c.config, err, c.want)
			}
			if tap != nil {
				t.Errorf("%+v: a tap and an error", c.config)
			}
		}
	})
	for err, want := range map[error]string{unix.EPERM: "CAP_NET_ADMIN", unix.ENOENT: "modprobe tun", unix.ENODEV: "modprobe tun", unix.EACCES: "chmod"} {
		if got := tapError("t0", false, err); !errors.Is(got, err) || !strings.Contains(got.Error(), want) {
			t.Errorf("%v: %v", err, got)
		}
	}
}

func TestATapWhoseInterfaceWasDeletedSaysSoWhenItIsSet(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0", Queues: 2, VNetHdr: VNetHdrOn})
		ip(t, "link delete t0")
		for name, err := range map[string]error{"SetHeader": tap.SetHeader(12), "SetOffload": tap.SetOffload(OffloadCsum), "SetQueues": tap.SetQueues(1)} {
			if !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAnInterfaceThatIsDownOrGoneIsTold(t *testing.T) {
	inNetns(t, func(t *testing.T) {
		tap := openTestTap(t, TapConfig{Name: "t0", VNetHdr: VNetHdrOff})
		l, frame := tap.Links()[0], iov(testFrame(60))
		ip(t, "link set t0 down")
		if err := l.Send(frame); err != ErrLinkDown {
			t.Errorf("Send while down: %v", err)
		}
		ip(t, "link set t0 up")
		if err := l.Send(frame); err != nil {
			t.Errorf("Send after up: %v", err)
		}
		ip(t, "link delete t0")
		if err := l.Send(frame); err != io.EOF {
			t.Errorf("Send after delete: %v", err)
		}
		if _, err := l.Receive(iov(make([]byte, 2000))); err != io.EOF {
			t.Errorf("Receive after delete: %v", err)
		}
	})
}
