package option

import (
	"fmt"
	"strings"
)

// A Pair is one key=value of a list.
type Pair struct{ Key, Value string }

// A List is a parsed option value, in the order that it was written.
type List []Pair

// Parse reads a comma-separated list of key=value, as QemuOpts does: "tap,id=n0" with the implied key "type" is type=tap,
// id=n0. A key without a value is a switch that is on (nokey is key=off); a doubled comma stands for one in a value; an
// empty element, such as a trailing comma leaves, is passed over. What begins with '{' is read by FromJSON.
func Parse(s, implied string) (List, error) {
	if strings.HasPrefix(s, "{") {
		return FromJSON([]byte(s))
	}
	var l List
	for i, e := range split(s) {
		if e == "" {
			continue
		}
		key, value, given := strings.Cut(e, "=")
		switch {
		case given && key == "":
			return nil, fmt.Errorf("%q: a value without a key before the '='", e)
		case given:
		case i == 0 && implied != "":
			key, value = implied, e
		default:
			key, value = flag(key)
		}
		l = append(l, Pair{key, value})
	}
	return l, nil
}

// flag is the meaning of a lone word: on, or off if it begins with "no".
func flag(word string) (key, value string) {
	if rest, ok := strings.CutPrefix(word, "no"); ok && rest != "" {
		return rest, "off"
	}
	return word, "on"
}

// split cuts at single commas and turns doubled ones into one.
func split(s string) []string {
	const comma = "\x00"
	parts := strings.Split(strings.ReplaceAll(s, ",,", comma), ",")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(p, comma, ",")
	}
	return parts
}

// Get returns the last value of key, which is the one that counts, as in QEMU.
func (l List) Get(key string) (value string, ok bool) {
	for _, p := range l {
		if p.Key == key {
			value, ok = p.Value, true
		}
	}
	return value, ok
}

// First returns l with what it has of key at its head.
func (l List) First(key string) List {
	var head List
	for _, p := range l {
		if p.Key == key {
			head = append(head, p)
		}
	}
	return append(head, l.Without(key)...)
}

// With returns l with one value of key, in place of any that it had.
func (l List) With(key, value string) List {
	return append(l.Without(key), Pair{Key: key, Value: value})
}

// String is l in the syntax that Parse reads, with no key implied.
func (l List) String() string {
	var parts []string
	for _, p := range l {
		parts = append(parts, strings.ReplaceAll(p.Key+"="+p.Value, ",", ",,"))
	}
	return strings.Join(parts, ",")
}
