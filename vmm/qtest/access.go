package qtest

import (
	"encoding/binary"
	"fmt"
)

type run = func(s *server, words []string) (string, error)

// out, in, store and load make the commands of one access of n bytes. A value that is wider is cut, as in QEMU.
func out(n int) run {
	return func(s *server, words []string) (string, error) {
		port, err := portNumber(words[1])
		if err != nil {
			return "", err
		}
		v, err := number(words[2])
		if err != nil {
			return "", err
		}
		s.machine.Out(port, little(v)[:n])
		return "", nil
	}
}

func in(n int) run {
	return func(s *server, words []string) (string, error) {
		port, err := portNumber(words[1])
		if err != nil {
			return "", err
		}
		var p [8]byte
		s.machine.In(port, p[:n])
		return fmt.Sprintf("0x%04x", binary.LittleEndian.Uint64(p[:])), nil
	}
}

func store(n int) run {
	return func(s *server, words []string) (string, error) {
		v, err := numbers(words[1:])
		if err != nil {
			return "", err
		}
		s.machine.Write(v[0], little(v[1])[:n])
		return "", nil
	}
}

func load(n int) run {
	return func(s *server, words []string) (string, error) {
		addr, err := number(words[1])
		if err != nil {
			return "", err
		}
		var p [8]byte
		s.machine.Read(addr, p[:n])
		return fmt.Sprintf("0x%016x", binary.LittleEndian.Uint64(p[:])), nil
	}
}

func little(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func portNumber(word string) (uint16, error) {
	v, err := number(word)
	if err == nil && v > 0xffff {
		err = fmt.Errorf("%s is no port: they end at 0xffff", word)
	}
	return uint16(v), err
}
