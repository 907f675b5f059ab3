package debugexit

import "testing"

func TestExit(t *testing.T) {
	for _, c := range []struct {
		name   string
		write  []byte
		v      uint32
		status int
	}{
		{"zero is status 1", []byte{0}, 0, 1},
		{"a byte", []byte{0x10}, 0x10, 0x21},
		{"four bytes are little endian, the status keeps eight bits", []byte{0x21, 0x43, 0, 0}, 0x4321, 0x43},
	} {
		t.Run(c.name, func(t *testing.T) {
			calls := 0
			New(func(v uint32) {
				calls++
				if v != c.v || Status(v) != c.status {
					t.Errorf("value %#x, status %#x", v, Status(v))
				}
			}).Write(0, c.write)
			if calls != 1 {
				t.Errorf("%d calls", calls)
			}
		})
	}
	t.Run("it reads as zero", func(t *testing.T) {
		p := []byte{1, 1}
		New(nil).Read(0, p)
		if p[0] != 0 || p[1] != 0 {
			t.Errorf("% x", p)
		}
	})
}
