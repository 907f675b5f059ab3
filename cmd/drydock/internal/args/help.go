package args

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Help is the "error" of a command line that asks what there is: -device help. The caller prints Text on standard output and
// exits with status 0. It is a flag.ErrHelp.
type Help struct{ Text string }

func (h *Help) Error() string { return "help was asked for" }

// Is reports whether target is flag.ErrHelp.
func (h *Help) Is(target error) bool { return target == flag.ErrHelp }

func asksHelp(word string) bool { return word == "help" || word == "?" }

// helpOn answers what a list asks: kinds are what its first key could have been.
func helpOn(option string, kinds []string) *Help {
	return &Help{fmt.Sprintf("-%s:\n  %s\n", option, strings.Join(kinds, "\n  "))}
}

// ask has Check answer what an option asks that the flag package decodes: of errors that package keeps the text only.
func (m *Machine) ask(option string, kinds []string) error {
	if m.asked == nil {
		m.asked = helpOn(option, kinds)
	}
	return nil
}

// propertyHelp answers -device X,help; nil if l does not ask.
func propertyHelp(kind string, l option.List, props option.Props) error {
	if !slices.ContainsFunc(l, func(p option.Pair) bool { return asksHelp(p.Key) }) {
		return nil
	}
	return helpOn("device "+kind, option.Names(props))
}
