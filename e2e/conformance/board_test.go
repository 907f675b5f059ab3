package conformance

import "sync"

// A board is what a PCI function's interrupts arrive at.
type board struct {
	mu      sync.Mutex
	level   bool        // of INTx
	rises   int         // of INTx
	signals map[int]int // MSI-X messages by vector
	all     int         // MSI-X messages

	onSignal func(vector int) // if not nil: called before the message is counted
}

func newBoard() *board { return &board{signals: make(map[int]int)} }

// Program implements pci.MSI.
func (b *board) Program(int, uint64, uint32) error { return nil }

// Signal implements pci.MSI.
func (b *board) Signal(v int) {
	if b.onSignal != nil {
		b.onSignal(v)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.signals[v]++
	b.all++
}

// Set implements pci.Pin.
func (b *board) Set(level bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if level && !b.level {
		b.rises++
	}
	b.level = level
}

func (b *board) high() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level
}

// messages is how many came on a vector.
func (b *board) messages(v int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.signals[v]
}

// interrupts is how often the device has interrupted at all: messages, and INTx going high.
func (b *board) interrupts() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all + b.rises
}
