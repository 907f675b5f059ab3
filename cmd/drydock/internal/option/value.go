package option

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bool reads a switch with the words that QEMU takes (qapi_bool_parse).
func Bool(s string) (bool, error) {
	switch s {
	case "on", "yes", "true", "y":
		return true, nil
	case "off", "no", "false", "n":
		return false, nil
	}
	return false, fmt.Errorf("%q is not a switch: write on or off", s)
}

// sizes are the binary multiples that a size may end in.
var sizes = map[byte]uint64{'b': 1, 'k': 1 << 10, 'm': 1 << 20, 'g': 1 << 30, 't': 1 << 40}

// Size reads a number of bytes: 4096, 64k, 512M, 1.5G. A number without a suffix counts in unit bytes (QEMU's -m: MiB).
func Size(s string, unit uint64) (uint64, error) {
	num := s
	if n := len(s); n > 0 {
		if u, ok := sizes[s[n-1]|0x20]; ok && s[n-1] > '9' {
			num, unit = s[:n-1], u
		}
	}
	f, err := strconv.ParseFloat(num, 64)
	bytes := f * float64(unit)
	if err != nil || f < 0 || bytes != math.Trunc(bytes) || bytes >= 1<<63 {
		return 0, fmt.Errorf("%q is not a size: write a number with k, M, G or T, such as 512M", s)
	}
	return uint64(bytes), nil
}

// Uint reads an unsigned number of at most bits bits: decimal, 0x hexadecimal or 0 octal, as QEMU takes them.
func Uint(s string, bits int) (uint64, error) {
	v, err := strconv.ParseUint(s, 0, bits)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number from 0 to %d", s, uint64(math.MaxUint64)>>(64-bits))
	}
	return v, nil
}

// ID looks at a name that the user gives to a thing, with QEMU's rule (id_wellformed).
func ID(s string) error {
	for i := range len(s) {
		letter := s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'
		other := s[i] >= '0' && s[i] <= '9' || s[i] == '-' || s[i] == '.' || s[i] == '_'
		if !letter && (i == 0 || !other) {
			s = ""
			break
		}
	}
	if s == "" {
		return errors.New("an identifier consists of letters, digits, '-', '.' and '_', and starts with a letter")
	}
	return nil
}

// Int reads a signed number of at most bits bits, spelled as for Uint.
func Int(s string, bits int) (int64, error) {
	v, err := strconv.ParseInt(s, 0, bits)
	if err != nil {
		limit := int64(math.MaxInt64) >> (64 - bits)
		return 0, fmt.Errorf("%q is not a number from %d to %d", s, -limit-1, limit)
	}
	return v, nil
}

// Slot reads a PCI address as -device spells it: slot[.function], both hexadecimal, with or without 0x.
func Slot(s string) (slot, function int, err error) {
	devText, fnText, given := strings.Cut(s, ".")
	dev, err := strconv.ParseUint(strings.TrimPrefix(devText, "0x"), 16, 8)
	fn := uint64(0)
	if err == nil && given {
		fn, err = strconv.ParseUint(strings.TrimPrefix(fnText, "0x"), 16, 8)
	}
	if err != nil || dev > 31 || fn > 7 {
		return 0, 0, fmt.Errorf("%q is not a PCI address: write slot.function in hexadecimal, such as 04.0 (slots 0 to 1f)", s)
	}
	return int(dev), int(fn), nil
}
