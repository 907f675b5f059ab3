package virtio

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Config is a device configuration space (2.5): bytes that the device changes and the driver reads, with the generation
// count of 4.1.4.3. Any goroutine may use it.
type Config struct {
	write  func(c *Config, accepted Features, all []byte)
	notify atomic.Pointer[func()]

	mu         sync.Mutex
	b          []byte
	shown      []byte // what the driver read last, with what it wrote since: QEMU's vdev->config
	generation uint8
}

// NewConfig makes a configuration space of the given bytes (it copies them). write, if not nil, is called for each write of
// the driver that lies inside it and decides what to do (usually nothing: most fields are read-only), by what the driver has
// accepted so far: before negotiation, nothing. It may call Read, Put and Set.
//
// As in QEMU write gets the whole space: as the driver saw it when it read any of it, zeros if it never did, with what it
// has written since. A driver that writes one byte of a field writes the others as it knows them.
func NewConfig(b []byte, write func(c *Config, accepted Features, all []byte)) *Config {
	return &Config{b: append([]byte(nil), b...), shown: make([]byte, len(b)), write: write}
}

// Len is the size of the space in bytes. It never changes.
func (c *Config) Len() int { return len(c.b) }

// Read copies the bytes at off. It reports false, and leaves p alone, if any of them lies outside (QEMU answers all ones then).
func (c *Config) Read(off int, p []byte) bool {
	if !c.holds(off, len(p)) {
		return false
	}
	c.mu.Lock()
	copy(p, c.b[off:])
	c.mu.Unlock()
	return true
}

// Show is Read for the driver.
func (c *Config) Show(off int, p []byte) bool {
	if !c.holds(off, len(p)) {
		return false
	}
	c.mu.Lock()
	copy(c.shown, c.b)
	copy(p, c.b[off:])
	c.mu.Unlock()
	return true
}

// Write is the write of a driver that has accepted these features; what lies outside is dropped whole.
func (c *Config) Write(accepted Features, off int, p []byte) {
	if !c.holds(off, len(p)) {
		return
	}
	c.mu.Lock()
	copy(c.shown[off:], p)
	all := append([]byte(nil), c.shown...)
	c.mu.Unlock()
	if c.write != nil {
		c.write(c, accepted, all)
	}
}

// Set changes bytes from the device's side and increments the generation. Bytes outside the space are the device's bug.
func (c *Config) Set(off int, p []byte) {
	if !c.holds(off, len(p)) {
		panic(fmt.Sprintf("virtio: Set of %d bytes at %d in a configuration space of %d", len(p), off, c.Len()))
	}
	c.mu.Lock()
	copy(c.b[off:], p)
	c.generation++
	c.mu.Unlock()
}

// Put is Set for what the driver has just written or asked for: it knows, and the generation stays, as in QEMU.
func (c *Config) Put(off int, p []byte) {
	if !c.holds(off, len(p)) {
		panic(fmt.Sprintf("virtio: Put of %d bytes at %d in a configuration space of %d", len(p), off, c.Len()))
	}
	c.mu.Lock()
	copy(c.b[off:], p)
	c.mu.Unlock()
}

// Touch increments the generation where something else than these bytes has changed: a notification that goes with
// DEVICE_NEEDS_RESET.
func (c *Config) Touch() {
	c.mu.Lock()
	c.generation++
	c.mu.Unlock()
}

// OnNotify makes f the configuration change notification, instead of the one before: a transport's, which knows whether there is a
// driver to be told. f must not block.
func (c *Config) OnNotify(f func()) { c.notify.Store(&f) }

// Notify tells the driver that its device changed something (2.3), when it returns: whether a session has begun to run, or was
// ended by a violation, is no matter, as with QEMU's virtio_notify_config.
func (c *Config) Notify() {
	if f := c.notify.Load(); f != nil {
		(*f)()
	}
}

// Generation is config_generation (4.1.4.3.1): it differs after a Set.
func (c *Config) Generation() uint8 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

func (c *Config) holds(off, n int) bool {
	return off >= 0 && off <= len(c.b) && n <= len(c.b)-off
}
