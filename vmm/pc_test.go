package vmm

import "context"

// newPC builds a PC that nobody ran before.
func newPC(c *Config, in inputs, stop context.CancelCauseFunc) (*pc, error) {
	return newPCWith(estate{}, c, in, stop)
}
