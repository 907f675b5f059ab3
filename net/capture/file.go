package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/rs/zerolog"
)

const (
	flushEvery = 250 * time.Millisecond
	flushAt    = 256 << 10 // bytes that wait for the file
)

// file is the pcapng file that all links write. Packets are collected whole in memory and written at packet borders.
type file struct {
	w    io.WriteCloser
	log  zerolog.Logger
	stop chan struct{}
	done chan struct{}

	mu     sync.Mutex
	wait   bytes.Buffer
	ng     *pcapgo.NgWriter
	err    error // the first; then nothing is written any more
	closed bool
}

// packet is one frame as the file gets it.
type packet struct {
	at        time.Time
	direction pcapgo.NgEpbFlag
	queue     uint32
	header    []byte
	data      []byte
	size      int // on the wire
}

func newFile(w io.WriteCloser, o Options) (*file, error) {
	f := &file{w: w, log: o.Log, stop: make(chan struct{}), done: make(chan struct{})}
	var err error
	f.ng, err = pcapgo.NewNgWriterInterface(&f.wait, pcapgo.NgInterface{
		Name:                o.Name,
		LinkType:            layers.LinkTypeEthernet,
		TimestampResolution: 9,
		SnapLength:          uint32(o.MaxLen),
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Hardware: runtime.GOARCH, OS: runtime.GOOS, Application: "drydock"}})
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	f.flush()
	if f.err != nil {
		return nil, f.err
	}
	go f.flushNowAndThen()
	return f, nil
}

func (f *file) write(p packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || f.closed {
		return
	}
	info := gopacket.CaptureInfo{Timestamp: p.at, CaptureLength: len(p.data), Length: p.size}
	options := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: p.direction}, Queue: &p.queue}
	if text := describe(p.header); text != "" {
		options.Comments = []string{text}
	}
	f.fail(f.ng.WritePacketWithOptions(info, p.data, options))
	f.fail(f.ng.Flush()) // into memory
	if f.wait.Len() >= flushAt {
		f.flush()
	}
}

// flush writes to the file what waits, with mu held.
func (f *file) flush() {
	if f.err != nil || f.closed {
		return
	}
	f.fail(f.ng.Flush())
	_, err := f.wait.WriteTo(f.w)
	f.fail(err)
}

// fail keeps the first error and tells it.
func (f *file) fail(err error) {
	if err == nil || f.err != nil {
		return
	}
	f.err = fmt.Errorf("capture: %w", err)
	f.wait = bytes.Buffer{}
	f.log.Error().Err(err).Msg("capture: the file takes no more; the network goes on without")
}

func (f *file) flushNowAndThen() {
	defer close(f.done)
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-t.C:
			f.mu.Lock()
			f.flush()
			f.mu.Unlock()
		}
	}
}

func (f *file) close() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return nil
	}
	f.flush()
	f.closed = true
	err := errors.Join(f.err, f.w.Close())
	f.mu.Unlock()
	close(f.stop)
	<-f.done
	return err
}
