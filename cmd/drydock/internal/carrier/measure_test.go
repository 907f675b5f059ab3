package carrier

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/kvm"
)

func nanoseconds(each int) kvm.Speed {
	return kvm.Speed{Instructions: 1000, Elapsed: time.Duration(1000 * each)}
}

func TestTheNoticeSaysWhatIsWrongWithKVM(t *testing.T) {
	slow := Verdict{Speed: kvm.Speed{Instructions: 10000, Elapsed: 10 * time.Millisecond}}
	fast := Verdict{Speed: kvm.Speed{Instructions: 10000, Elapsed: 10 * time.Microsecond}}
	none := Verdict{Err: os.ErrPermission}
	if slow.Usable() || !strings.Contains(slow.Notice(), "1000 ns") {
		t.Errorf("slow: %q", slow.Notice())
	}
	if !fast.Usable() || fast.Notice() != "" {
		t.Errorf("fast: %q", fast.Notice())
	}
	if none.Usable() || !strings.Contains(none.Notice(), "permission denied") {
		t.Errorf("none: %q", none.Notice())
	}
}

func TestABusyHostIsJudgedByItsQuickestMoment(t *testing.T) {
	for name, c := range map[string]struct {
		each []int // ns an instruction, in one measurement after the other; the last again and again
		want float64
	}{
		"hardware is seen at once":               {[]int{1, 900}, 1},
		"hardware that was interrupted twice":    {[]int{900, 450, 2}, 2},
		"a KVM that emulates is slow each time":  {[]int{500, 600, 480, 500}, 480},
		"one that did not get to run is no zero": {[]int{0, 700}, 700},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			var clock time.Time
			best, err := quickest(func(limit time.Duration) (kvm.Speed, error) {
				each := c.each[min(n, len(c.each)-1)]
				if n++; each == 0 {
					return kvm.Speed{}, nil
				}
				if each >= usable {
					clock = clock.Add(limit)
				}
				return nanoseconds(each), nil
			}, func() time.Time { return clock })
			if err != nil || best.PerInstruction() != c.want {
				t.Errorf("%v, %v; want %v ns", best, err, c.want)
			}
			if took := clock.Sub(time.Time{}); took > patience {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestAMeasurementThatFailsIsAnError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := quickest(func(time.Duration) (kvm.Speed, error) { return kvm.Speed{}, broken }, time.Now); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestInACarrierAutoIsKVMHoweverSlow(t *testing.T) {
	t.Setenv(insideEnv, "1")
	if v := Auto(); !v.Usable() || v.Notice() != "" {
		t.Errorf("%+v: %q", v, v.Notice())
	}
	if v := (Verdict{Inside: true, Speed: nanoseconds(447)}); !v.Usable() {
		t.Errorf("%+v is not usable", v)
	}
	if v := (Verdict{Inside: true, Err: os.ErrNotExist}); v.Usable() {
		t.Error("a carrier without /dev/kvm is usable")
	}
}
