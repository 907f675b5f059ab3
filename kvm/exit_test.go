package kvm

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

func ptr[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }

// TestDecode shows exits that a test's guest can not bring about on any host.
func TestDecode(t *testing.T) {
	le := binary.LittleEndian
	word := func(lo, hi uint32) uint64 { return uint64(hi)<<32 | uint64(lo) }
	for _, c := range []struct {
		name   string
		reason Reason
		union  []uint64
		want   Exit
		says   string
	}{
		{"an entry failure has the hardware's reason", ReasonFailEntry, []uint64{0x80000021, 3},
			&ExitFailEntry{0x80000021, 3}, "0x80000021 on host CPU 3"},
		{"a system event has a type and its data", ReasonSystemEvent, []uint64{word(2, 1), 77},
			&ExitSystemEvent{2, []uint64{77}}, "system event 2"},
		{"a system event's count is not believed beyond its room", ReasonSystemEvent, []uint64{word(2, 1<<31)},
			&ExitSystemEvent{2, make([]uint64, 16)}, "system event 2"},
		{"an emulation failure has the instruction's bytes", ReasonInternalError,
			[]uint64{word(1, 4), 1, 0x6ff0c7480f04, 0}, // 4 bytes: 0f 48 c7 f0
			&ExitInternalError{SuberrorEmulation, []uint64{1, 0x6ff0c7480f04, 0, 0}, []byte{0x0f, 0x48, 0xc7, 0xf0}},
			"emulation failure at the instruction bytes 0f 48 c7 f0"},
		{"an emulation failure without the flag has no bytes", ReasonInternalError, []uint64{word(1, 3), 0, 0x0f04},
			&ExitInternalError{SuberrorEmulation, []uint64{0, 0x0f04, 0}, nil}, "data"},
		{"an older kernel's emulation failure has no data", ReasonInternalError, []uint64{word(1, 0)},
			&ExitInternalError{SuberrorEmulation, []uint64{}, nil}, "emulation failure"},
		{"another internal error has its data only", ReasonInternalError, []uint64{word(4, 2), 5, 6},
			&ExitInternalError{SuberrorUnexpectedExitReason, []uint64{5, 6}, nil}, "unexpected exit reason, data [0x5 0x6]"},
		{"the unknown exit has the hardware's reason", ReasonUnknown, []uint64{0xabc},
			&ExitUnknown{ReasonUnknown, 0xabc}, "KVM_EXIT_UNKNOWN (0), hardware reason 0xabc"},
		{"an exit that is not decoded has its name", Reason(29), nil, &ExitUnknown{Number: 29}, "KVM_EXIT_X86_RDMSR (29)"},
		{"an exit newer than this package has its number", Reason(99), nil, &ExitUnknown{Number: 99}, "KVM_EXIT_99 (99)"},
		{"an exit for a signal may come without an error", ReasonIntr, nil, ExitIntr{}, "interrupted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := &runPage{exitReason: c.reason}
			for i, w := range c.union {
				le.PutUint64(page.exit[8*i:], w)
			}
			got := (&VCPU{run: page}).decode()
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%#v, want %#v", got, c.want)
			}
			if got.Reason() != c.reason || !strings.Contains(got.String(), c.says) {
				t.Errorf("%v: %q does not say %q", got.Reason(), got, c.says)
			}
		})
	}
}
