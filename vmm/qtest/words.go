package qtest

import (
	"fmt"
	"strconv"
	"strings"
)

func words(line string) []string { return strings.Fields(line) }

// number reads what strtoull with base 0 reads: 10, 0xa, 012, and -1 as its two's complement.
func number(word string) (uint64, error) {
	digits, minus := strings.CutPrefix(word, "-")
	v, err := strconv.ParseUint(digits, 0, 64)
	if err != nil || strings.Contains(digits, "_") {
		return 0, fmt.Errorf("%s is not a number", clip(word))
	}
	if minus {
		v = -v
	}
	return v, nil
}

func numbers(words []string) ([]uint64, error) {
	all := make([]uint64, len(words))
	for i, w := range words {
		var err error
		if all[i], err = number(w); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// clip keeps what a client wrote short enough to be quoted in an answer.
func clip(word string) string {
	if len(word) > 64 {
		return word[:64] + "..."
	}
	return word
}
