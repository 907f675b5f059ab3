package qtest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// maxBlock bounds a block that is spelled out in a line, and maxFill one that is not.
const (
	maxBlock = 64 << 20
	maxFill  = 4 << 30
)

// read makes the commands that return a block.
func read(encode func([]byte) string) run {
	return func(s *server, words []string) (string, error) {
		v, err := numbers(words[1:])
		if err != nil {
			return "", err
		}
		if err := checkSize(v[1], maxBlock); err != nil {
			return "", err
		}
		p := make([]byte, v[1])
		s.machine.Read(v[0], p)
		return encode(p), nil
	}
}

// write makes the commands that are given a block. As in QEMU, what the text lacks of the size is zeros, and what it has beyond
// it is dropped.
func write(decode func(string) ([]byte, error)) run {
	return func(s *server, words []string) (string, error) {
		v, err := numbers(words[1:3])
		if err != nil {
			return "", err
		}
		if err := checkSize(v[1], maxBlock); err != nil {
			return "", err
		}
		p, err := decode(words[3])
		if err != nil {
			return "", err
		}
		s.machine.Write(v[0], fit(p, int(v[1])))
		return "", nil
	}
}

// fit makes p n bytes long.
func fit(p []byte, n int) []byte {
	if n <= len(p) {
		return p[:n]
	}
	return append(p, make([]byte, n-len(p))...)
}

func checkSize(n, most uint64) error {
	switch {
	case n == 0:
		return errors.New("a size of 0 is no block")
	case n > most:
		return fmt.Errorf("a block of %d bytes is too long: at most %d", n, most)
	}
	return nil
}

func encodeHex(p []byte) string    { return "0x" + hex.EncodeToString(p) }
func encodeBase64(p []byte) string { return base64.StdEncoding.EncodeToString(p) }

func decodeHex(word string) ([]byte, error) {
	digits, ok := strings.CutPrefix(word, "0x")
	p, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return nil, errors.New("the data are not 0x and pairs of hexadecimal digits")
	}
	return p, nil
}

func decodeBase64(word string) ([]byte, error) {
	p, err := base64.StdEncoding.DecodeString(word)
	if err != nil {
		return nil, errors.New("the data are not base64")
	}
	return p, nil
}

// memset fills in pieces: the size is the client's, the buffer ours.
func memset(s *server, words []string) (string, error) {
	v, err := numbers(words[1:])
	if err != nil {
		return "", err
	}
	addr, left := v[0], v[1]
	if left > maxFill {
		return "", fmt.Errorf("%d bytes are too many to fill: at most %d", left, uint64(maxFill))
	}
	piece := bytes.Repeat([]byte{byte(v[2])}, int(min(left, 1<<20)))
	for left > 0 {
		n := min(left, uint64(len(piece)))
		s.machine.Write(addr, piece[:n])
		addr, left = addr+n, left-n
	}
	return "", nil
}
