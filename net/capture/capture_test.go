package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
	"github.com/drydock-vmm/drydock/net"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// memoryFile is a file that may be full, and is looked at while it is written.
type memoryFile struct {
	mu     sync.Mutex
	b      bytes.Buffer
	err    error
	closed bool
}

func (f *memoryFile) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	return f.b.Write(b)
}

func (f *memoryFile) Close() error {
	f.closed = true
	return nil
}

func (f *memoryFile) full(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

type record struct {
	data    []byte
	info    gopacket.CaptureInfo
	options pcapgo.NgPacketOptions
}

// read gives the packets of the file as it is now.
func (f *memoryFile) read(t *testing.T) (records []record) {
	t.Helper()
	f.mu.Lock()
	r, err := pcapgo.NewNgReader(bytes.NewReader(bytes.Clone(f.b.Bytes())), pcapgo.NgReaderOptions{})
	f.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	for {
		data, info, options, err := r.ReadPacketDataWithOptions()
		if err == io.EOF {
			return records
		}
		if err != nil {
			t.Fatalf("after %d packets: %v", len(records), err)
		}
		records = append(records, record{data, info, options})
	}
}

func iov(b ...[]byte) []unix.Iovec {
	var v []unix.Iovec
	for _, p := range b {
		v = append(v, unix.Iovec{Base: &p[0], Len: uint64(len(p))})
	}
	return v
}

// patience is far more than anything here takes, on a machine full of other work too.
const patience = time.Minute

func frame(n int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n] }

func start(t *testing.T, o Options, header int) (*Capture, *net.Peer, *memoryFile) {
	t.Helper()
	m, peer, err := net.Pipe(net.OffloadCsum|net.OffloadTSO4, 2)
	if err != nil {
		t.Fatal(err)
	}
	f := &memoryFile{}
	c, err := New(m, f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := errors.Join(c.SetHeader(header), c.SetOffload(net.OffloadCsum|net.OffloadTSO4)); err != nil {
		t.Fatal(err)
	}
	return c, peer, f
}

func TestBothDirectionsAreInTheFileAsOnTheWire(t *testing.T) {
	began := time.Now()
	c, peer, f := start(t, Options{Name: "n0"}, 12)
	in, out := frame(9000), frame(60)
	if err := peer.Send(1, []byte{1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0}, in); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 70000)
	if n, err := c.Links()[1].Receive(iov(buf[:5], buf[5:100], buf[100:])); n != 9012 || err != nil {
		t.Fatal(n, err)
	}
	if err := c.Links()[0].Send(iov(make([]byte, 12), out)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil || !f.closed {
		t.Fatalf("%v, closed: %v", err, f.closed)
	}
	got := f.read(t)
	if len(got) != 2 || !bytes.Equal(got[0].data, in) || !bytes.Equal(got[1].data, out) {
		t.Fatalf("%d packets of other bytes", len(got))
	}
	for i, want := range []struct {
		direction pcapgo.NgEpbFlag
		queue     uint32
		comment   string
	}{
		{pcapgo.NgEpbFlagDirectionInbound, 1, "checksum from 34 at +16 is to be completed; TCPV4 segments of 1460 bytes, headers 54"},
		{pcapgo.NgEpbFlagDirectionOutbound, 0, ""},
	} {
		o := got[i].options
		comment := ""
		if len(o.Comments) > 0 {
			comment = o.Comments[0]
		}
		if o.Flags == nil || o.Flags.Direction != want.direction || o.Queue == nil || *o.Queue != want.queue || comment != want.comment {
			t.Errorf("packet %d: %+v, comment %q", i, o, comment)
		}
		if at := got[i].info.Timestamp; at.Before(began) || at.After(time.Now()) {
			t.Errorf("packet %d at %v", i, at)
		}
	}
}

func TestMaxLenCutsTheFileAndNotTheFrame(t *testing.T) {
	for _, header := range []int{0, 10, 24} {
		c, peer, f := start(t, Options{MaxLen: 96}, header)
		if err := c.Links()[0].Send(iov(append(make([]byte, header), frame(1000)...))); err != nil {
			t.Fatal(err)
		}
		if _, got, err := peer.Receive(0, patience); err != nil || len(got) != 1000 {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if r := f.read(t); len(r) != 1 || !bytes.Equal(r[0].data, frame(96)) || r[0].info.Length != 1000 {
			t.Errorf("header %d: %+v", header, r)
		}
	}
	if _, err := New(nil, &memoryFile{}, Options{MaxLen: -1}); err == nil {
		t.Error("maxlen=-1 was accepted")
	}
}

func TestTheFileCanBeReadBeforeTheEnd(t *testing.T) {
	c, _, f := start(t, Options{}, 0)
	for range 100 {
		if err := c.Links()[0].Send(iov(frame(61))); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(patience)
	for len(f.read(t)) != 100 {
		if time.Now().After(deadline) {
			t.Fatalf("%d of 100 packets are in the file", len(f.read(t)))
		}
		time.Sleep(flushEvery / 5)
	}
}

func TestAFullDiskEndsTheCaptureAndNotTheNetwork(t *testing.T) {
	var log bytes.Buffer
	c, peer, f := start(t, Options{Log: zerolog.New(&log)}, 0)
	f.full(unix.ENOSPC)
	for i := range 20 {
		if err := c.Links()[0].Send(iov(frame(60000))); err != nil {
			t.Fatal(err)
		}
		if _, got, err := peer.Receive(0, patience); err != nil || len(got) != 60000 {
			t.Fatalf("frame %d: %d bytes, %v", i, len(got), err)
		}
	}
	if err := c.Close(); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	if n := bytes.Count(log.Bytes(), []byte("\n")); n != 1 || !bytes.Contains(log.Bytes(), []byte("no space left")) {
		t.Errorf("log: %s", &log)
	}
	if _, err := New(nil, f, Options{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("New on a full disk: %v", err)
	}
}

func TestAFrameThatFoundNoRoomIsNotInTheFile(t *testing.T) {
	c, _, f := start(t, Options{}, 0)
	sent := 0
	for c.Links()[0].Send(iov(frame(60000))) == nil {
		sent++
	}
	if _, err := c.Links()[0].Receive(iov(make([]byte, 100))); err != net.ErrWouldBlock {
		t.Errorf("Receive of nothing: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(f.read(t)); got != sent {
		t.Errorf("%d packets, %d were sent", got, sent)
	}
}

func TestAHeaderIsDescribedOnlyWhereItAsks(t *testing.T) {
	for want, hdr := range map[string][]byte{
		"":                              make([]byte, 12),
		"checksum is known to be right": {2, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"unknown (9) segments of 0 bytes, headers 0":    {0, 9, 0, 0, 0, 0, 0, 0, 0, 0},
		"TCPV6 segments of 1440 bytes, headers 74, ECN": {0, 0x84, 74, 0, 0xa0, 5, 0, 0, 0, 0, 0, 0},
		"checksum from 34 at +6 is to be completed":     {1, 0, 0, 0, 0, 0, 34, 0, 6, 0},
		"UDP_L4 segments of 1000 bytes, headers 42":     {0, 5, 42, 0, 0xe8, 3, 0, 0, 0, 0},
	} {
		if got := describe(hdr); got != want {
			t.Errorf("% x is %q, want %q", hdr, got, want)
		}
	}
}
