package carrier

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/drydock-vmm/drydock/kvm"
)

// A Verdict is what the host's KVM is good for.
type Verdict struct {
	Speed  kvm.Speed
	Err    error // KVM cannot be used at all
	Inside bool  // the host is a carrier, which has nothing better to offer
}

// insideEnv tells every job of a carrier where it is.
const insideEnv = "DRYDOCK_CARRIER"

// inside reports whether this process is a carrier's job.
func inside() bool { return os.Getenv(insideEnv) != "" }

// usable is the most nanoseconds that a ring-0 instruction may take for a stock kernel to boot in seconds. Hardware needs less
// than one, an emulated host around ten, a KVM that emulates ring 0 hundreds.
const usable = 100

// patience bounds the measurement, which is made of several: on a busy host each may be interrupted for long, and the quickest tells
// what KVM can do. A KVM that is slower than usable in all of them needs no exact figure.
const (
	patience     = 50 * time.Millisecond
	measurements = 5
)

// Measure times ring 0 on this host's /dev/kvm, which takes some milliseconds.
func Measure() Verdict {
	s, err := kvm.Open()
	if err != nil {
		return Verdict{Err: err, Inside: inside()}
	}
	speed, err := quickest(s.RingZeroSpeed, time.Now)
	return Verdict{speed, errors.Join(err, s.Close()), inside()}
}

// quickest measures until the speed is usable, or patience is over by the clock.
func quickest(measure func(limit time.Duration) (kvm.Speed, error), now func() time.Time) (best kvm.Speed, err error) {
	for deadline := now().Add(patience); ; {
		speed, err := measure(patience / measurements)
		if err != nil {
			return best, err
		}
		if speed.PerInstruction() < best.PerInstruction() {
			best = speed
		}
		if best.PerInstruction() < usable || !now().Before(deadline) {
			return best, nil
		}
	}
}

// Auto is Measure where there is a choice to make. In a carrier there is none, and the verdict comes without a speed.
func Auto() Verdict {
	if inside() {
		return Verdict{Inside: true}
	}
	return Measure()
}

// Usable reports whether a stock kernel boots here, or at least nowhere better.
func (v Verdict) Usable() bool {
	return v.Err == nil && (v.Inside || v.Speed.PerInstruction() < usable)
}

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
