package virtiopci

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

// DefaultVectors asks for one MSI-X vector for each queue that the device can have and one for the configuration: for a
// network card with n queue pairs QEMU's 2n+2.
const DefaultVectors = -1

// Config says how a device is put on PCI. The names are those of QEMU's properties.
type Config struct {
	Device virtio.Device
	Memory virtio.Memory // what the driver's rings and buffers lie in

	DisableLegacy bool // no BAR0, modern identity: virtio-net-pci-non-transitional
	DisableModern bool // no BAR4 and no virtio capabilities

	// Vectors is the MSI-X table size, 0 (no MSI-X) to 2048, or DefaultVectors.
	Vectors int
	// MSI sends the vectors; needed unless Vectors is 0.
	MSI pci.MSI

	ModernPIONotify bool // a second notification capability in I/O BAR2
	PagePerVQ       bool // each queue's notification address in a page of its own
	Multifunction   bool // the header says that the slot may have more functions

	// ROM is the expansion ROM of ROMSize bytes (a power of two of at least 2 KiB); 0 means none, as romfile= does.
	ROM     []byte
	ROMSize uint64

	// Notifier, if not nil, lets kicks reach the device without a register access (ioeventfd=on).
	Notifier Notifier

	// OnFault is told of an error of the host with which a device cannot go on; the machine is expected to end. It is
	// called from a goroutine of the transport or from a vCPU in a register access: it must return at once and must
	// not call Close. Nil only logs.
	OnFault func(error)

	// Log gets what a driver did wrong, a few lines a second at most, and at trace level each register access.
	Log zerolog.Logger
}

// A Transport is one virtio device as a PCI function. See the package comment for concurrency.
type Transport struct {
	cfg  Config
	info virtio.Info
	log  zerolog.Logger // sampled: a guest decides how often it speaks

	fn     *pci.Function
	msix   *pci.MSIX // nil without vectors
	modern parts     // regions of BAR4, empty if the modern interface is disabled
	window window
	legacy bool // the legacy interface exists

	// Atomics: read without the mutex by interrupts and notifications, written under it but for isr.
	status   atomic.Uint32
	broken   atomic.Bool // QEMU's vdev->broken: the driver broke a rule and has not reset the device since
	started  atomic.Bool // there was a session since the last reset
	disabled atomic.Bool // QEMU's vdev->disabled: bus master was taken away since the last reset

	notificationData atomic.Bool // VIRTIO_F_NOTIFICATION_DATA was accepted

	isr          atomic.Uint32
	configVector atomic.Uint32
	line         sync.Mutex // INTx follows isr

	kicks []kick // one for each queue the device can have

	mu          sync.Mutex
	negotiation negotiation
	queueSelect uint32
	queues      []queueState // maxQueues of them: a driver may select and program what does not exist
	sizes       []uint16     // default sizes of the queues that exist for the accepted features
	vectorUsers []int        // registers that name each vector
	life        *life        // nil unless Device.Run is running
	paused      bool         // between Pause and Resume
	closed      bool
	doorbells   doorbells
	running     sync.WaitGroup // goroutines of this transport
}

// New puts a device on PCI. Attach its Function to a root, and Close it when the vCPUs have stopped.
func New(c Config) (*Transport, error) {
	t := &Transport{cfg: c, log: c.Log.Sample(&zerolog.BurstSampler{Burst: 8, Period: time.Second})}
	shape, err := t.describe()
	if err != nil {
		return nil, err
	}
	if err := t.openKicks(); err != nil {
		return nil, err
	}
	t.queues = make([]queueState, maxQueues)
	t.clear()
	t.build(shape)
	t.info.Config.OnNotify(t.configChanged)
	return t, nil
}

// Function is the PCI function to attach.
func (t *Transport) Function() *pci.Function { return t.fn }

// Close ends the session, waits for every goroutine of the transport, and releases its descriptors. No register access
// may come during or after it: stop the vCPUs first. A second Close does nothing.
func (t *Transport) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	t.stop()
	t.forget() // a machine that starts anew gives the device to a new transport
	t.mu.Unlock()
	t.running.Wait()
	for _, k := range t.kicks {
		k.close()
	}
}
