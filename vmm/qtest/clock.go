package qtest

import (
	"errors"
	"math"
	"strconv"
)

// clockStep moves the clock on. Without a number QEMU goes to the next timer; a machine that has none stays where it is.
func clockStep(s *server, words []string) (string, error) {
	step := uint64(0)
	if len(words) > 1 {
		var err error
		if step, err = number(words[1]); err != nil {
			return "", err
		}
	}
	now := s.machine.Clock()
	if step > uint64(math.MaxInt64-now) {
		return "", errors.New("the clock cannot go that far")
	}
	return clockAt(s, now+int64(step))
}

func clockSet(s *server, words []string) (string, error) {
	ns, err := number(words[1])
	if err == nil && ns > math.MaxInt64 {
		err = errors.New("the clock cannot go that far")
	}
	if err != nil {
		return "", err
	}
	return clockAt(s, int64(ns))
}

func clockAt(s *server, ns int64) (string, error) {
	return strconv.FormatInt(s.machine.SetClock(ns), 10), nil
}
