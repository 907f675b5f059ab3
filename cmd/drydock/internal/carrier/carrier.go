package carrier

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/boot/initramfs"
)

// A Carrier is a running emulated host. Its methods may be called from any goroutine; it runs one job after another.
type Carrier struct {
	config  Config
	process *process
	console *tail
	port    stdnet.Conn
	in      *bufio.Reader // of port; it outlives the conversations
	joints  []*joint
	gates   []*gate
	turn    chan struct{} // holds one token while no job runs
	has     map[string]bool
	close   sync.Once
}

// Start boots a carrier and waits until it is ready. Without QEMU, busybox or a fitting kernel the error says what to
// install; a carrier that does not come up within Config.BootTimeout is an error that ends with what its console said.
//
// The carrier ends by Close, or with this process.
func Start(ctx context.Context, config Config) (*Carrier, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	c := &Carrier{config: config, console: &tail{next: config.Console}, turn: make(chan struct{}, 1), has: map[string]bool{}}
	if err := c.launch(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	begin := time.Now()
	if err := c.awaitFirstWord(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	config.Log.Debug().Dur("boot", time.Since(begin)).Str("kernel", config.Kernel.Release).Msg("carrier is up")
	c.turn <- struct{}{}
	return c, nil
}

// launch starts QEMU with its files and ports.
func (c *Carrier) launch() error {
	kernel, err := openVmlinux(c.config.Kernel)
	if err != nil {
		return err
	}
	theirs := []*os.File{kernel}
	defer func() { closeFiles(theirs) }()
	initrd, err := c.writeImage()
	if err != nil {
		return err
	}
	theirs = append(theirs, initrd)
	ports := portNames(c.config)
	var ours []*os.File
	for range ports {
		conn, their, err := socketPair()
		if err != nil {
			closeFiles(ours)
			return err
		}
		ours, theirs = append(ours, conn), append(theirs, their)
	}
	if err := c.connect(ours); err != nil {
		return err
	}
	c.process, err = startProcess(c.config.QEMU, qemuArgs(c.config, ports), theirs, c.console)
	return err
}

// portNames are those of the links, of the sockets, and of the run protocol, which comes last: when the guest sees it, it has all the
// others.
func portNames(c Config) (names []string) {
	for _, nd := range c.Links {
		for range nd.Links() {
			names = append(names, linkName(len(names)))
		}
	}
	for i := range c.Sockets {
		names = append(names, socketName(i))
	}
	return append(names, portName)
}

// connect takes over our ends of the ports, in the order of their names, also if it fails.
func (c *Carrier) connect(ours []*os.File) error {
	defer func() { closeFiles(ours) }() // that are left
	for _, nd := range c.config.Links {
		n := len(nd.Links())
		j, err := joinPorts(nd, ours[:n])
		ours = ours[n:]
		if err != nil {
			return err
		}
		c.joints = append(c.joints, j)
	}
	for _, s := range c.config.Sockets {
		g, err := openGate(s, ours[0])
		ours = ours[1:]
		if err != nil {
			return err
		}
		c.gates = append(c.gates, g)
	}
	conn, err := stdnet.FileConn(ours[0])
	c.port, c.in = conn, bufio.NewReaderSize(conn, 64<<10)
	return err
}

// writeImage makes the initial RAM file system in memory. The caller's files are an archive of their own behind it: the
// kernel unpacks one after the other.
func (c *Carrier) writeImage() (*os.File, error) {
	image, err := buildImage(c.config)
	if err != nil {
		return nil, err
	}
	file, err := memoryFile("initrd")
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(file, 1<<20)
	for _, a := range []*initramfs.Archive{image, c.config.Files} {
		if a == nil {
			continue
		}
		if _, err := a.Overlay(c.Has).WriteTo(out); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		c.remember(a)
	}
	if err := out.Flush(); err != nil {
		return nil, errors.Join(fmt.Errorf("carrier: initrd: %w", err), file.Close())
	}
	return file, nil
}

// awaitFirstWord waits for the carrier's init to speak, and leaves the word to be read.
func (c *Carrier) awaitFirstWord(ctx context.Context) error {
	deadline := time.Now().Add(c.config.BootTimeout)
	_ = c.port.SetReadDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = c.port.SetReadDeadline(time.Unix(1, 0)) })
	_, err := c.in.Peek(1)
	if !stop() {
		return context.Cause(ctx)
	}
	_ = c.port.SetReadDeadline(time.Time{})
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c.failed(fmt.Sprintf("did not come up within %v", c.config.BootTimeout))
	case errors.Is(err, io.EOF):
		select { // the port closes before the console has said its last
		case <-c.process.done:
		case <-time.After(10 * time.Second):
		}
		return c.failed("ended before it came up")
	}
	return err
}

// failed is an error with the console's last words.
func (c *Carrier) failed(what string) error {
	said := c.console.String()
	if said == "" {
		said = "(nothing)"
	}
	return fmt.Errorf("carrier: the emulated host %s; the end of its console:\n%s", what, said)
}

// Done is closed when the carrier has ended.
func (c *Carrier) Done() <-chan struct{} { return c.process.done }

// Release is that of the carrier's kernel.
func (c *Carrier) Release() string { return c.config.Kernel.Release }

// Close ends the carrier, whatever it does, and waits for all that belonged to it. A job that runs ends with an error.
func (c *Carrier) Close() (err error) {
	c.close.Do(func() {
		if c.process != nil {
			c.process.kill()
		}
		for _, j := range c.joints {
			err = errors.Join(err, j.Close())
		}
		for _, g := range c.gates {
			err = errors.Join(err, g.Close())
		}
		if c.port != nil {
			err = errors.Join(err, c.port.Close())
		}
	})
	return err
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}
