package acpi

import (
	"fmt"
	"strings"
)

// aml is encoded ACPI machine language (chapter 20): one term, or several in a row.
type aml []byte

// Opcodes of chapter 20.2, by their names there.
const (
	opZero    = 0x00
	opOne     = 0x01
	opName    = 0x08
	opByte    = 0x0a
	opWord    = 0x0b
	opDWord   = 0x0c
	opString  = 0x0d
	opQWord   = 0x0e
	opScope   = 0x10
	opBuffer  = 0x11
	opPackage = 0x12
	opExt     = 0x5b
	opDevice  = 0x82 // after opExt
)

func join(terms ...aml) (b aml) {
	for _, t := range terms {
		b = append(b, t...)
	}
	return b
}

// integer takes the shortest form.
func integer(n uint64) aml {
	switch {
	case n == 0:
		return aml{opZero}
	case n == 1:
		return aml{opOne}
	case n <= 0xff:
		return aml{opByte, byte(n)}
	case n <= 0xffff:
		return le.AppendUint16(aml{opWord}, uint16(n))
	case n <= 0xffffffff:
		return le.AppendUint32(aml{opDWord}, uint32(n))
	}
	return le.AppendUint64(aml{opQWord}, n)
}

func text(s string) aml { return append(append(aml{opString}, s...), 0) }

// eisaID packs three letters and four hexadecimal digits, such as PNP0A03 (19.3.4).
func eisaID(id string) aml {
	var letters, digits uint32
	if n, err := fmt.Sscanf(id[3:], "%04x", &digits); n != 1 || err != nil {
		panic("acpi: not an EISA identifier: " + id)
	}
	for _, c := range id[:3] {
		letters = letters<<5 | uint32(c-'A'+1)
	}
	return aml{opDWord, byte(letters >> 8), byte(letters), byte(digits >> 8), byte(digits)}
}

// path encodes a name: an optional root, and segments of four characters, filled with underscores (20.2.2).
func path(s string) (b aml) {
	if strings.HasPrefix(s, `\`) {
		b, s = aml{'\\'}, s[1:]
	}
	segments := strings.Split(s, ".")
	switch len(segments) {
	case 1:
	case 2:
		b = append(b, 0x2e) // DualNamePrefix
	default:
		b = append(b, 0x2f, byte(len(segments))) // MultiNamePrefix
	}
	for _, seg := range segments {
		b = append(b, (seg + "____")[:4]...)
	}
	return b
}

// sized puts a package length before body, which counts its own bytes too (20.2.4).
func sized(body aml) aml {
	n := len(body)
	if n+1 < 1<<6 {
		return append(aml{byte(n + 1)}, body...)
	}
	more := 1
	for n+1+more >= 1<<(4+8*more) {
		more++
	}
	n += 1 + more
	b := aml{byte(more<<6 | n&0xf)}
	for i := range more {
		b = append(b, byte(n>>(4+8*i)))
	}
	return append(b, body...)
}

func name(s string, value aml) aml { return join(aml{opName}, path(s), value) }

func scope(s string, terms ...aml) aml {
	return append(aml{opScope}, sized(join(path(s), join(terms...)))...)
}

func device(s string, terms ...aml) aml {
	return append(aml{opExt, opDevice}, sized(join(path(s), join(terms...)))...)
}

// pkg is a Package of fewer than 256 elements.
func pkg(elements ...aml) aml {
	return append(aml{opPackage}, sized(join(aml{byte(len(elements))}, join(elements...)))...)
}

func buffer(b []byte) aml {
	return append(aml{opBuffer}, sized(join(integer(uint64(len(b))), b))...)
}
