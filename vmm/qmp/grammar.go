package qmp

import (
	"encoding/json"
	"fmt"
)

// A syntaxError is a request that is no JSON; the conversation goes on.
type syntaxError struct{ what string }

func (e *syntaxError) Error() string { return e.what }

func syntax(format string, a ...any) error {
	return &syntaxError{"JSON parse error, " + fmt.Sprintf(format, a...)}
}

// strict returns the value that tokens are as strict JSON. What it says of others is QEMU's (json_parser_parse).
func strict(tokens []token) ([]byte, error) {
	g := grammar{rest: tokens}
	if err := g.value(); err != nil {
		return nil, err
	}
	return g.out, nil
}

// grammar reads tokens and writes JSON. Brackets were counted: it never runs out of tokens within a value.
type grammar struct {
	rest []token
	out  []byte
}

func (g *grammar) take() token {
	if len(g.rest) == 0 {
		return token{}
	}
	t := g.rest[0]
	g.rest = g.rest[1:]
	return t
}

// peek is the kind of the next token.
func (g *grammar) peek() byte {
	if len(g.rest) == 0 {
		return 0
	}
	return g.rest[0].kind
}

func (g *grammar) value() error {
	switch t := g.take(); t.kind {
	case '{':
		return g.list('{', '}', "expected separator in dict", g.pairs())
	case '[':
		return g.list('[', ']', "expected separator in list", g.value)
	case '"', '\'':
		_, err := g.text(t)
		return err
	case word:
		return g.word(t)
	}
	return syntax("expecting value")
}

// list reads what each reads, with commas between, up to the closing bracket.
func (g *grammar) list(open, end byte, otherwise string, each func() error) error {
	g.out = append(g.out, open)
	if g.peek() == end {
		g.take()
		g.out = append(g.out, end)
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		switch t := g.take(); t.kind {
		case end:
			g.out = append(g.out, end)
			return nil
		case ',':
			g.out = append(g.out, ',')
		default:
			return syntax("%s", otherwise)
		}
	}
}

// pairs reads the members of one object.
func (g *grammar) pairs() func() error {
	seen := map[string]bool{}
	return func() error {
		t := g.peek()
		if t != '"' && t != '\'' {
			if err := g.value(); err != nil {
				return err
			}
			return syntax("key is not a string in object")
		}
		key, err := g.text(g.take())
		if err != nil {
			return err
		}
		if g.take().kind != ':' {
			return syntax("missing : in object pair")
		}
		g.out = append(g.out, ':')
		if err := g.value(); err != nil {
			return err
		}
		if seen[key] {
			return syntax("duplicate key")
		}
		seen[key] = true
		return nil
	}
}

func (g *grammar) text(t token) (string, error) {
	s, err := unquote(t.text[1 : len(t.text)-1])
	if err != nil {
		return "", err
	}
	quoted, err := marshal(s)
	g.out = append(g.out, quoted...)
	return s, err
}

func (g *grammar) word(t token) error {
	if !json.Valid(t.text) {
		return syntax("invalid keyword '%s'", clip(string(t.text)))
	}
	g.out = append(g.out, t.text...)
	return nil
}
