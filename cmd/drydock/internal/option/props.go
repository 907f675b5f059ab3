package option

import (
	"fmt"
	"slices"
	"strings"
)

// Props says what a list may contain: a setter for each key. A setter's error speaks of the value only.
type Props map[string]func(value string) error

// Decode gives each pair of l to its setter. what names the thing described, for the errors: "-device virtio-net-pci".
func (l List) Decode(what string, props Props) error {
	for _, p := range l {
		set, ok := props[p.Key]
		if !ok {
			return Unknown("property", p.Key, Names(props), what)
		}
		if err := set(p.Value); err != nil {
			return fmt.Errorf("%s: %s=%s: %w", what, p.Key, p.Value, err)
		}
	}
	return nil
}

// Read is Parse and Decode of s, the value of the option that what names.
func Read(what, s, implied string, props Props) error {
	l, err := Parse(s, implied)
	if err != nil {
		return err
	}
	return l.Decode(what, props)
}

// Without returns l without the named keys.
func (l List) Without(names ...string) List {
	return slices.DeleteFunc(slices.Clone(l), func(p Pair) bool { return slices.Contains(names, p.Key) })
}

// Names are the keys that p knows, sorted.
func Names(p Props) []string {
	names := make([]string, 0, len(p))
	for k := range p {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// To makes a setter that stores what parse reads.
func To[T any](dst *T, parse func(string) (T, error)) func(string) error {
	return func(s string) error {
		v, err := parse(s)
		if err == nil {
			*dst = v
		}
		return err
	}
}

// ToBool, ToString and ToUint store the commonest kinds.
func ToBool(dst *bool) func(string) error { return To(dst, Bool) }

func ToString(dst *string) func(string) error {
	return func(s string) error { *dst = s; return nil }
}

// ToID stores a name that ID accepts.
func ToID(dst *string) func(string) error {
	return func(s string) error { *dst = s; return ID(s) }
}

func ToUint[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int](dst *T, bits int) func(string) error {
	return func(s string) error {
		v, err := Uint(s, bits)
		if err == nil {
			*dst = T(v)
		}
		return err
	}
}

// Ignored accepts any value: for properties that QEMU has and that change nothing here.
func Ignored(string) error { return nil }

// OneOf accepts only the given words, and says so.
func OneOf(dst *string, words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("is none of %s", strings.Join(words, ", "))
		}
		*dst = s
		return nil
	}
}
