package carrier

import (
	"errors"
	"fmt"
	"time"

	"github.com/drydock-vmm/drydock/kvm"
)

// A Verdict is what the host's KVM is good for.
type Verdict struct {
	Speed kvm.Speed
	Err   error // KVM cannot be used at all
}

// usable is the most nanoseconds that a ring-0 instruction may take for a stock kernel to boot in seconds. Hardware needs less
// than one, an emulated host around ten, a KVM that emulates ring 0 around a thousand.
const usable = 100

// patience bounds the measurement. A KVM that is slower than usable by so much needs no exact figure.
const patience = 50 * time.Millisecond

// Measure times ring 0 on this host's /dev/kvm, which takes some milliseconds.
func Measure() Verdict {
	s, err := kvm.Open()
	if err != nil {
		return Verdict{Err: err}
	}
	speed, err := s.RingZeroSpeed(patience)
	return Verdict{speed, errors.Join(err, s.Close())}
}

// Usable reports whether a stock kernel boots here.
func (v Verdict) Usable() bool { return v.Err == nil && v.Speed.PerInstruction() < usable }

// Notice is the line that says why a carrier is used. It is empty if none need be.
func (v Verdict) Notice() string {
	switch {
	case v.Usable():
		return ""
	case v.Err != nil:
		return fmt.Sprintf("no usable KVM here (%v): running in an emulated host (-accel carrier)", v.Err)
	default:
		return fmt.Sprintf("/dev/kvm here needs %.0f ns per ring-0 instruction: running in an emulated host (-accel carrier)", v.Speed.PerInstruction())
	}
}
