package net

import (
	"encoding/binary"
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inNetns runs f on a thread of its own in a new network namespace, which goes with the thread.
func inNetns(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("unshare(CLONE_NEWNET): %v", err)
			return
		}
		f(t)
	}()
	<-done
}

func ip(t testing.TB, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Errorf("ip %s: %v: %s", args, err, out)
		runtime.Goexit()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
}

func openTestTap(t *testing.T, c TapConfig) *Tap {
	t.Helper()
	tap, err := OpenTap(c)
	must(t, err)
	t.Cleanup(func() { tap.Close() })
	ip(t, "link set "+tap.Name()+" up")
	return tap
}

// wire is a packet socket on an interface: the host's side of the tap. With hdr each frame to send has a virtio_net_hdr of 10
// bytes, and the socket receives nothing; else it receives the tests' own frames.
func wire(t testing.TB, name string, hdr bool) int {
	t.Helper()
	proto := testEtherType>>8 | testEtherType&0xff<<8 // in network order
	if hdr {
		proto = 0 // each frame's own
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, proto)
	must(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	if hdr {
		must(t, unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1))
	}
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(proto), Ifindex: ifindex(t, fd, name)}))
	return fd
}

func ifindex(t testing.TB, fd int, name string) int {
	t.Helper()
	req, err := unix.NewIfreq(name)
	must(t, err)
	must(t, unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req))
	return int(req.Uint32())
}

// testEtherType keeps the tests' frames apart from the router solicitations that the kernel sends on any interface.
const testEtherType = 0x88b5 // IEEE 802 local experimental

const testMACs = "\x52\x54\x00\x12\x34\x56\x52\x55\x0a\x00\x02\x02"

func testFrame(n int) []byte {
	f := pattern(n)
	copy(f, testMACs)
	binary.BigEndian.PutUint16(f[12:], testEtherType)
	return f
}

// next gives the next frame for which ours is true, without its header, and the header.
func next(l Link, header int, ours func(frame []byte) bool) (hdr, frame []byte, err error) {
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); {
		buf := make([]byte, 70000)
		n, err := l.Receive(iov(buf[:7], buf[7:]))
		switch {
		case err == ErrWouldBlock:
			if err := waitReadable(l.FD(), 200*time.Millisecond); err != nil {
				return nil, nil, err
			}
		case err != nil:
			return nil, nil, err
		case ours(buf[header:n]):
			return buf[:header], buf[header:n], nil
		}
	}
	return nil, nil, errors.New("no frame came")
}

func isTest(f []byte) bool {
	return len(f) >= 14 && binary.BigEndian.Uint16(f[12:]) == testEtherType
}

func isTCP(f []byte) bool {
	return len(f) > 54 && binary.BigEndian.Uint16(f[12:]) == 0x0800 && f[23] == 6
}

// tcpFrame is a TCP segment of n bytes of payload with the partial checksum that NEEDS_CSUM means.
func tcpFrame(n int) []byte {
	f := make([]byte, 54+n)
	copy(f[54:], pattern(n))
	copy(f, testMACs)
	binary.BigEndian.PutUint16(f[12:], 0x0800)
	h := f[14:]
	h[0], h[8], h[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(h[2:], uint16(40+n))
	copy(h[12:], "\x0a\x00\x02\x02\x0a\x00\x02\x0f")
	binary.BigEndian.PutUint16(h[10:], ^sum(h[:20], 0))
	binary.BigEndian.PutUint32(h[20:], 0x12345678)
	h[32], h[33] = 5<<4, 0x10
	binary.BigEndian.PutUint16(h[36:], sum(h[12:20], uint32(6+20+n)))
	return f
}

func sum(b []byte, s uint32) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 != 0 {
		s += uint32(b[len(b)-1]) << 8
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// checksumIsRight says whether the TCP checksum of a frame is complete.
func checksumIsRight(f []byte) bool {
	total := binary.BigEndian.Uint16(f[16:])
	tcp := f[34 : 14+int(total)]
	return sum(tcp, uint32(sum(f[26:34], uint32(6+len(tcp))))) == 0xffff
}
