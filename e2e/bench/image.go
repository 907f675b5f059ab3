package main

import (
	"bytes"
	"fmt"
	"os"
)

// The payload keeps room for its options behind a mark (entry.S), for machines that cannot hand it a command line.
const (
	optionsMark = "PAYLOADCFG="
	optionsRoom = 500 // the last byte is 0
)

// withOptions is the image with its options written in.
func withOptions(image []byte, options string) ([]byte, error) {
	at := bytes.Index(image, []byte(optionsMark))
	if at < 0 || len(image) < at+len(optionsMark)+optionsRoom {
		return nil, fmt.Errorf("no room for options: there is no %s in it, so it is not the payload guest", optionsMark)
	}
	if len(options) >= optionsRoom {
		return nil, fmt.Errorf("options of %d bytes: there is room for %d", len(options), optionsRoom-1)
	}
	out := bytes.Clone(image)
	room := out[at+len(optionsMark):][:optionsRoom]
	clear(room[copy(room, options):])
	return out, nil
}

func writeOptions(to, from, options string) error {
	image, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	image, err = withOptions(image, options)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, image, 0o644)
}
