package virtio

// Config is a device configuration space (2.5): bytes that the device changes and the driver reads, with the generation
// count of 4.1.4.3. Any goroutine may use it.
type Config struct{ unexported struct{} }

// NewConfig makes a configuration space of the given bytes. write, if not nil, is called for each write of the driver that
// lies inside it and decides what to do (usually nothing: most fields are read-only).
func NewConfig(b []byte, write func(c *Config, off int, p []byte)) *Config { panic("contract") }

func (c *Config) Len() int { panic("contract") }

// Read copies the bytes at off. It reports false, and leaves p alone, if any of them lies outside (QEMU answers all ones then).
func (c *Config) Read(off int, p []byte) bool { panic("contract") }

// Write is the driver's write; what lies outside is dropped whole.
func (c *Config) Write(off int, p []byte) { panic("contract") }

// Set changes bytes from the device's side and increments the generation.
func (c *Config) Set(off int, p []byte) { panic("contract") }

// Generation is config_generation (4.1.4.3.1): it differs after a Set.
func (c *Config) Generation() uint8 { panic("contract") }
