package qmp

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are those of one character.
var escapes = map[byte]byte{'"': '"', '\'': '\'', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unquote returns what a string says that was between quotes. QEMU refuses what Go would replace: bytes that are no UTF-8, and half
// a surrogate pair.
func unquote(b []byte) (string, error) {
	var s strings.Builder
	for len(b) > 0 {
		n := 1
		switch {
		case b[0] != '\\':
			r, size := utf8.DecodeRune(b)
			if r == utf8.RuneError && size == 1 {
				return "", syntax("invalid UTF-8 sequence in string")
			}
			s.WriteRune(r)
			n = size
		case b[1] == 'u': // the lexer saw to it that something follows a backslash
			r, size := unicodeEscape(b)
			if size == 0 {
				return "", syntax("%s is not a valid Unicode character", b[:min(6, len(b))])
			}
			s.WriteRune(r)
			n = size
		case escapes[b[1]] == 0:
			return "", syntax("invalid escape sequence in string")
		default:
			s.WriteByte(escapes[b[1]])
			n = 2
		}
		b = b[n:]
	}
	return s.String(), nil
}

// unicodeEscape reads \uXXXX, or two of them that are a pair; the length is 0 if it cannot.
func unicodeEscape(b []byte) (r rune, length int) {
	first, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	second, _ := hex4(b[6:])
	if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
		return r, 12
	}
	return 0, 0
}

// hex4 reads the digits behind \u.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(v), err == nil
}
