package sysport

import "testing"

func TestPOSTReadsAsAnOpenBusWhateverWasWritten(t *testing.T) {
	var p POST
	p.Write(0, []byte{0x12})
	b := []byte{0}
	if p.Read(0, b); b[0] != 0xff {
		t.Errorf("reads %#x", b[0])
	}
}

func TestControlPort(t *testing.T) {
	resets := 0
	c := NewControl(func() { resets++ })
	for _, s := range []struct {
		name   string
		write  byte
		resets int
	}{
		{"A20 alone resets nothing", 0x02, 0},
		{"raising bit 0 resets", 0x03, 1},
		{"holding it does not reset again", 0x01, 1},
		{"lowering it resets nothing", 0x00, 1},
		{"raising it again resets", 0x01, 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			c.Write(0, []byte{s.write})
			b := []byte{0}
			if c.Read(0, b); b[0] != s.write {
				t.Errorf("reads %#x, want %#x", b[0], s.write)
			}
			if resets != s.resets {
				t.Errorf("%d resets, want %d", resets, s.resets)
			}
		})
	}
	c.Reset()
	b := []byte{0}
	if c.Read(0, b); b[0] != 2 {
		t.Errorf("after a reset %#x, want A20 open", b[0])
	}
}
