package main

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (p *pair) meta(s step) (*difference, error) {
	fields := strings.Fields(s.text)
	switch fields[0] {
	case verbFence:
		return nil, p.fence()
	case verbRest:
		time.Sleep(restTime)
		return nil, nil
	case verbAsk:
		return p.ask(strings.TrimPrefix(s.text, verbAsk+" "))
	case verbLeft:
		return nil, nil
	case verbAwait:
		return nil, p.await(fields[1:])
	case verbFiles:
		return p.files()
	case verbSend:
		return p.send(fields[1], fields[2])
	default:
		return p.receive(s, fields[1])
	}
}

// fence lets both finish: QEMU's devices work in the loop that answers qtest, once around for each exchange. Drydock's work in
// goroutines of their own; for them the reads that follow are patient. But a frame that nobody gets leaves nothing to read: it must
// have been taken from the netdev, or a driver that comes later has it.
func (p *pair) fence() error {
	for end := time.Now().Add(fenceTime); time.Now().Before(end) && p.unread(); time.Sleep(100 * time.Microsecond) {
	}
	for range 4 {
		if _, _, err := p.both([]string{"readb 0"}); err != nil {
			return err
		}
	}
	return nil
}

// await gives up when patience ends: the reads that follow show what is missing.
func (p *pair) await(fields []string) error {
	mask, value := number(fields[1]), number(fields[2])
	for end := time.Now().Add(p.patience); ; time.Sleep(100 * time.Microsecond) {
		a, b, err := p.both([]string{"readw " + fields[0]})
		if err != nil || number(a[0])&mask == value && number(b[0])&mask == value || time.Now().After(end) {
			return err
		}
	}
}

func (p *pair) unread() bool {
	for _, m := range []*machine{p.qemu, p.drydock} {
		for _, peer := range m.peers {
			if peer.unread() {
				return true
			}
		}
	}
	return false
}

func (p *pair) peers(number string) (a, b peer, err error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n >= len(p.qemu.peers) {
		return nil, nil, fmt.Errorf("there is no netdev %s", number)
	}
	return p.qemu.peers[n], p.drydock.peers[n], nil
}

// send gives a frame to both. The kernel refuses one whose header makes no sense, and has to do so on both sides.
func (p *pair) send(number, frame string) (*difference, error) {
	a, b, err := p.peers(number)
	if err != nil {
		return nil, err
	}
	f, err := hex.DecodeString(frame)
	if err != nil {
		return nil, err
	}
	x, y := a.send(f), b.send(f)
	if (x == nil) != (y == nil) {
		return &difference{qemu: fmt.Sprintf("%v", x), drydock: fmt.Sprintf("%v", y)}, nil
	}
	return nil, nil
}

func (p *pair) receive(s step, number string) (*difference, error) {
	a, b, err := p.peers(number)
	if err != nil {
		return nil, err
	}
	x, y := frames(a), frames(b)
	for end := time.Now().Add(p.patience); time.Now().Before(end) && !slices.Equal(x, y) && !p.told.explains(s, join(x), join(y)); time.Sleep(2 * time.Millisecond) {
		x, y = frames(a), frames(b)
	}
	a.take(len(x))
	b.take(len(y))
	if slices.Equal(x, y) || p.told.explained(s, join(x), join(y)) {
		return nil, nil
	}
	return &difference{qemu: join(x), drydock: join(y)}, nil
}

func frames(p peer) (out []string) {
	for _, f := range p.waiting() {
		out = append(out, hex.EncodeToString(f))
	}
	return out
}

func join(frames []string) string {
	return fmt.Sprintf("%d frames %s", len(frames), strings.Join(frames, " "))
}
