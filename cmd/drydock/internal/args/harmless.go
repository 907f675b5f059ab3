package args

import (
	"flag"
	"fmt"
	"slices"
	"strings"
)

// harmless are options of QEMU's that test programs and management tools write by habit, with the values that ask for nothing that
// this machine lacks. No values: any.
var harmless = []struct {
	name   string
	values []string
}{
	{"audio", []string{"none"}}, {"audiodev", nil}, {"display", []string{"none"}}, {"k", nil}, {"monitor", []string{"none", "null"}}, {"msg", nil},
	{"parallel", []string{"none", "null"}}, {"run-with", nil},
	{"sandbox", []string{"off"}}, {"trace", nil}, {"vga", []string{"none"}}, {"D", nil}, {"d", nil},
}

// harmlessSwitches are those without a value.
var harmlessSwitches = []string{"no-user-config", "no-hpet", "usb", "nodefconfig"}

func harmlessFlags(fs *flag.FlagSet) {
	for _, h := range harmless {
		usage := "accepted, for QEMU's sake, with `any value`"
		if h.values != nil {
			usage = "accepted, for QEMU's sake: `" + strings.Join(h.values, "|") + "`"
		}
		fs.Func(h.name, usage, func(s string) error {
			if h.values != nil && !slices.Contains(h.values, s) {
				return fmt.Errorf("the machine has no such thing; write %s or leave it out", strings.Join(h.values, " or "))
			}
			return nil
		})
	}
	for _, name := range harmlessSwitches {
		fs.BoolFunc(name, "accepted, for QEMU's sake", func(string) error { return nil })
	}
}
