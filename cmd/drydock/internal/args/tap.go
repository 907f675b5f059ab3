package args

import (
	"errors"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// Tap is -netdev tap. FDs are descriptors that the parent opened.
type Tap struct {
	Name    string
	Queues  int
	VNetHdr string // on, off, or auto: on if the host can
	FDs     []int
}

func (t *Tap) props() option.Props {
	return option.Props{
		"ifname": option.ToString(&t.Name), "queues": t.setQueues, "vnet_hdr": option.OneOf(&t.VNetHdr, "on", "off"),
		"script": noScript, "downscript": noScript,
		"vhost": mustBe(false), "sndbuf": option.Ignored, "poll-us": option.Ignored,
		"fd": t.addFDs, "fds": t.addFDs,
	}
}

func (t *Tap) setQueues(s string) error {
	n, err := option.Uint(s, 8)
	if err == nil && n == 0 {
		err = errors.New("write how many queues the tap has, at least 1")
	}
	t.Queues = int(n)
	return err
}

func noScript(s string) error {
	if s != "" && s != "no" {
		return errors.New("no script is run here: write no, and bring the interface up before")
	}
	return nil
}

func (t *Tap) addFDs(s string) error {
	fds, err := numbers(s)
	t.FDs = append(t.FDs, fds...)
	return err
}

// numbers reads descriptors: 3 or 3:4:5.
func numbers(s string) (fds []int, err error) {
	for _, word := range strings.Split(s, ":") {
		fd, err := option.Uint(word, 31)
		if err != nil {
			return nil, err
		}
		fds = append(fds, int(fd))
	}
	return fds, nil
}
