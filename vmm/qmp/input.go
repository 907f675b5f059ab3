package qmp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Bounds of one request, which keep a client from filling our memory. The depth is QEMU's.
const (
	maxRequest = 1 << 20
	maxDepth   = 1024
)

var (
	errTooLong = &syntaxError{"JSON token size limit exceeded"}
	errTooDeep = &syntaxError{"JSON nesting depth limit exceeded"}
)

// input cuts a stream into values of the dialect of JSON that QEMU speaks: a string may stand in single quotes, too, and no object
// has a key twice. Lines mean nothing, but that after what is no JSON at all the rest of the line is passed over.
type input struct {
	in     *bufio.Reader
	size   int // of the request so far
	tokens []token
}

// A token is a bracket, colon or comma, which is its kind; a string, in the quotes that are its kind, as it was written; or a word.
type token struct {
	kind byte
	text []byte
}

// word is the kind of numbers and of names without quotes.
const word = 'w'

func newInput(r io.Reader) *input { return &input{in: bufio.NewReader(r)} }

// next returns a value as strict JSON. After a *syntaxError it goes on; any other error is the stream's.
func (i *input) next() ([]byte, error) {
	i.tokens, i.size = i.tokens[:0], 0
	braces, brackets := 0, 0
	for {
		t, err := i.token()
		if err != nil {
			return nil, err
		}
		i.tokens = append(i.tokens, t)
		switch t.kind {
		case '{':
			braces++
		case '}':
			braces--
		case '[':
			brackets++
		case ']':
			brackets--
		}
		switch {
		case braces+brackets > maxDepth:
			return nil, i.give(errTooDeep)
		case braces < 0 || brackets < 0 || braces+brackets == 0:
			return strict(i.tokens)
		}
	}
}

func (i *input) token() (t token, err error) {
	b, err := i.skipSpace()
	if err != nil {
		return t, err
	}
	switch {
	case bytes.IndexByte([]byte("{}[]:,"), b) >= 0:
		return token{kind: b}, i.grow()
	case b == '"' || b == '\'':
		t = token{b, []byte{b}}
		return t, i.quoted(&t)
	case isWord(b):
		t = token{word, []byte{b}}
		return t, i.word(&t)
	}
	return t, i.stray(b)
}

func (i *input) skipSpace() (byte, error) {
	for {
		b, err := i.in.ReadByte()
		if err != nil || b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, err
		}
	}
}

// quoted adds the rest of a string.
func (i *input) quoted(t *token) error {
	for escaped := false; ; {
		b, err := i.in.ReadByte()
		switch {
		case err != nil:
			return err
		case b < ' ':
			return i.stray(b)
		}
		t.text = append(t.text, b)
		if err := i.grow(); err != nil {
			return err
		}
		if b == t.kind && !escaped {
			return nil
		}
		escaped = b == '\\' && !escaped
	}
}

// word adds the rest of one, which ends where something else begins, or the stream does.
func (i *input) word(t *token) error {
	for {
		b, err := i.in.ReadByte()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case !isWord(b):
			return i.in.UnreadByte()
		}
		t.text = append(t.text, b)
		if err := i.grow(); err != nil {
			return err
		}
	}
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || bytes.IndexByte([]byte("+-._"), b) >= 0
}

// grow notes that the request has another byte.
func (i *input) grow() error {
	if i.size++; i.size > maxRequest {
		return i.give(errTooLong)
	}
	return nil
}

func (i *input) stray(b byte) error {
	err := syntax("stray '%s'", []byte{b})
	if b == '\n' {
		return err
	}
	return i.give(err)
}

// give passes over the rest of the line and returns err, or the stream's error.
func (i *input) give(err error) error {
	for {
		_, more := i.in.ReadSlice('\n')
		switch {
		case more == nil:
			return err
		case !errors.Is(more, bufio.ErrBufferFull):
			return more
		}
	}
}
