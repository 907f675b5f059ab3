package usernet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/sys/unix"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/drydock-vmm/drydock/net"
)

// User is the netdev. Frames have no virtio_net_hdr and no offloads.
type User struct {
	config   Config
	link     net.Link
	endpoint *endpoint
	stack    *stack.Stack
	forwards []Forward

	ctx    context.Context // of everything that waits for the host
	cancel context.CancelFunc
	wg     sync.WaitGroup
	flows  chan struct{} // a token for each connection or datagram flow

	tooMany sync.Once

	mu     sync.Mutex
	open   map[io.Closer]struct{}
	closed bool
}

// maxFlows bounds the host's descriptors and goroutines that a guest can hold.
const maxFlows = 512

// New starts the network. Its goroutines end with Close.
func New(c Config) (*User, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := net.SocketPair()
	if err != nil {
		return nil, fmt.Errorf("usernet: %w", err)
	}
	u := &User{
		config: c,
		link:   net.NewFDLink(ours),
		flows:  make(chan struct{}, maxFlows),
		open:   map[io.Closer]struct{}{},
	}
	u.ctx, u.cancel = context.WithCancel(context.Background())
	if u.endpoint, err = newEndpoint(theirs, hostMAC, u.config.accept); err != nil {
		return nil, errors.Join(err, unix.Close(ours))
	}
	if u.stack, err = newStack(&u.config, u.endpoint); err != nil {
		return nil, errors.Join(err, unix.Close(ours), u.endpoint.file.Close())
	}
	if err := u.start(); err != nil {
		return nil, errors.Join(err, u.Close())
	}
	return u, nil
}

func (u *User) start() error {
	u.handleTCP()
	u.handleUDP()
	if err := u.serveDHCP(); err != nil {
		return err
	}
	if !u.config.Restrict {
		if err := u.serveDNS(); err != nil {
			return err
		}
	}
	for _, f := range u.config.Forwards {
		if err := u.forward(f); err != nil {
			return err
		}
	}
	return nil
}

// Forwards are the port forwards, with the ports that the host chose.
func (u *User) Forwards() []Forward { return u.forwards }

func (u *User) Links() []net.Link     { return []net.Link{u.link} }
func (u *User) Offloads() net.Offload { return 0 }

func (u *User) SetHeader(n int) error {
	if n != 0 {
		return fmt.Errorf("usernet: header of %d bytes: the user network has no virtio_net_hdr", n)
	}
	return nil
}

func (u *User) SetOffload(o net.Offload) error {
	if o != 0 {
		return fmt.Errorf("usernet: offloads %v: the user network has none", o)
	}
	return nil
}

func (u *User) SetQueues(n int) error {
	if n != 1 {
		return fmt.Errorf("usernet: %d queues: the user network has one", n)
	}
	return nil
}

// Close ends all connections and waits for every goroutine.
func (u *User) Close() error {
	u.mu.Lock()
	if u.closed {
		u.mu.Unlock()
		return nil
	}
	u.closed = true
	open := u.open
	u.open = nil
	u.mu.Unlock()

	u.cancel()
	err := u.endpoint.file.Close()
	u.endpoint.Wait() // before the stack, which waits with the lock that a frame on its way in may need
	for c := range open {
		c.Close()
	}
	u.stack.Close()
	u.wg.Wait()
	u.stack.Wait()
	return errors.Join(err, unix.Close(u.link.FD()))
}

// hold remembers what Close must close; false if that was already, and then c is closed.
func (u *User) hold(c io.Closer) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		c.Close()
		return false
	}
	u.open[c] = struct{}{}
	return true
}

func (u *User) release(c io.Closer) {
	u.mu.Lock()
	delete(u.open, c)
	u.mu.Unlock()
	c.Close()
}

// run starts a goroutine that Close waits for; false after Close.
func (u *User) run(f func()) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return false
	}
	u.wg.Go(f)
	return true
}

// flow takes a token; false if the guest holds too much already.
func (u *User) flow() bool {
	select {
	case u.flows <- struct{}{}:
		return true
	default:
		u.tooMany.Do(func() { // once: the guest decides how often
			u.config.Log.Warn().Int("limit", maxFlows).Msg("user network: too many connections at a time, further ones are refused")
		})
		return false
	}
}

func (u *User) endFlow() { <-u.flows }
