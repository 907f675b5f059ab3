package fwcfg

import "testing"

// read selects an item and returns n bytes of it.
func read(d *Device, key uint16, n int) (all []byte) {
	d.Write(0, []byte{byte(key), byte(key >> 8)})
	for range n {
		p := []byte{0xee}
		d.Read(1, p)
		all = append(all, p[0])
	}
	return all
}

func TestItems(t *testing.T) {
	d := New(0x123456789000, 4)
	for _, c := range []struct {
		name string
		key  uint16
		want string
	}{
		{"the signature is how a client knows the device", 0, "QEMU"},
		{"the version has the traditional interface alone", 1, "\x01\x00\x00\x00"},
		{"the RAM size has eight bytes", 3, "\x00\x90\x78\x56\x34\x12\x00\x00"},
		{"the CPU count has two", 5, "\x04\x00"},
		{"so has their greatest number", 0xf, "\x04\x00"},
		{"there are no files", 0x19, "\x00\x00\x00\x00"},
		{"behind an item there are zeros", 0, "QEMU\x00\x00\x00"},
		{"an item that is not is zeros", 0x8000, "\x00\x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := read(d, c.key, len(c.want)); string(got) != c.want {
				t.Errorf("it is % x, want % x", got, c.want)
			}
		})
	}
}

func TestOnlyTheAccessesOfTheSpecificationMeanAnything(t *testing.T) {
	d := New(1<<20, 1)
	d.Write(0, []byte{0, 0})
	d.Write(1, []byte{3})          // data is not written
	d.Write(0, []byte{3})          // the selector has two bytes
	d.Write(0, []byte{3, 0, 0, 0}) // and no more
	for _, p := range [][]byte{{0xee}, {0xee, 0xee}} {
		if d.Read(0, p); p[0] != 0 {
			t.Errorf("the selector reads % x", p)
		}
	}
	wide := []byte{0xee, 0xee}
	if d.Read(1, wide); wide[0] != 0 || wide[1] != 0 {
		t.Errorf("two bytes of data read % x", wide)
	}
	p := []byte{0xee}
	if d.Read(1, p); p[0] != 'Q' {
		t.Errorf("the first byte of the signature is %#x", p[0])
	}
}
