package devices

// A Pin is an interrupt line towards the interrupt controller. Set may be called by any goroutine; it must not block, nor
// call back into the device that drives it.
type Pin interface{ Set(level bool) }
