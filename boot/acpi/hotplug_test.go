package acpi

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheReferenceInterpreterTellsEverySlotWhatTheRegistersSay(t *testing.T) {
	dir := write(t, "DSDT", loaded(t, pc(1), 8)["DSDT"])
	out := acpica(t, dir, "acpiexec", "-fv", "0xff", "-b", `execute \_GPE._E01`, "DSDT.dat")
	for slot := range Slots {
		for value, meaning := range map[int]string{notifyDeviceCheck: "Device Check", notifyEjectRequest: "Eject Request"} {
			want := 1
			if slot < 2 {
				want = 0
			}
			if got := notifications(out, slotName(slot), value); got != want {
				t.Errorf("slot %d is told %q %d times, want %d", slot, meaning, got, want)
			}
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}

// notifications counts what acpiexec says that an object was told.
func notifications(out, object string, value int) (n int) {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "Notify") && strings.Contains(line, "["+object) && strings.Contains(line, fmt.Sprintf("0x%02X", value)) {
			n++
		}
	}
	return n
}

func TestWithoutAControllerNoSlotCanBeEmptied(t *testing.T) {
	c := pc(1)
	c.Hotplug = nil
	source := disassembled(t, "DSDT", loaded(t, c, 8)["DSDT"])
	if strings.Contains(source, "_EJ0") || strings.Contains(source, "_GPE") {
		t.Errorf("the table speaks of it:\n%s", source)
	}
}
