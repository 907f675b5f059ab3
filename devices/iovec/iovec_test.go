package iovec

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// split cuts b into vectors of the given lengths, and the rest.
func split(b []byte, lens ...byte) (vecs []unix.Iovec) {
	for _, n := range lens {
		k := min(int(n), len(b))
		vecs = append(vecs, Of(b[:k]))
		b = b[k:]
	}
	if len(b) > 0 {
		vecs = append(vecs, Of(b))
	}
	return vecs
}

const hex = "0123456789abcdef"

func TestVectorsAreOneRunOfBytesHoweverTheyAreCut(t *testing.T) {
	cuts := [][]byte{nil, {1}, {5, 5}, {0, 10, 0, 0}, {11}, {3, 3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 16, 0}}
	for _, cut := range cuts {
		for off := range uint64(len(hex) + 3) {
			t.Run(fmt.Sprintf("cut at %v, from %d", cut, off), func(t *testing.T) {
				check(t, []byte(hex), cut, off, []byte("XYZ"))
			})
		}
	}
}

func FuzzVectorsAreOneRunOfBytes(f *testing.F) {
	f.Add([]byte(hex), []byte{3, 0, 4}, uint64(5), []byte("XYZ"))
	f.Add([]byte{}, []byte{0}, uint64(1<<64-1), []byte{1})
	f.Fuzz(func(t *testing.T, flat, cut []byte, off uint64, data []byte) { check(t, flat, cut, off, data) })
}

// check does everything with flat in pieces that can be done, and compares with the same done to flat in one.
func check(t *testing.T, flat, cut []byte, off uint64, data []byte) {
	memory := bytes.Clone(flat)
	vecs := split(memory, cut...)
	tail := flat[min(off, uint64(len(flat))):]

	if n := Length(vecs); n != uint64(len(flat)) {
		t.Errorf("Length is %d, not %d", n, len(flat))
	}
	got := make([]byte, len(data))
	if n := Gather(got, vecs, off); !bytes.Equal(got[:n], tail[:min(len(data), len(tail))]) {
		t.Errorf("Gather gives %q of %q", got[:n], tail)
	}
	checkAppendAfter(t, vecs, off, tail)
	checkCopy(t, vecs, flat, cut, off)
	checkAppendJoined(t, vecs, flat)

	want := bytes.Clone(flat)
	room := copy(want[len(flat)-len(tail):], data)
	if n := Scatter(vecs, off, data); n != room || !bytes.Equal(memory, want) {
		t.Errorf("Scatter of %d bytes, %d have room, leaves %q, not %q", n, room, memory, want)
	}
}

func checkAppendAfter(t *testing.T, vecs []unix.Iovec, off uint64, tail []byte) {
	before := Of([]byte("before"))
	after := AppendAfter([]unix.Iovec{before}, vecs, off)
	if after[0] != before {
		t.Errorf("AppendAfter changes what was there")
	}
	var b []byte
	for _, v := range after[1:] {
		if v.Len == 0 {
			t.Errorf("AppendAfter gives an empty vector")
		}
		b = append(b, Bytes(v)...)
	}
	if !bytes.Equal(b, tail) {
		t.Errorf("AppendAfter gives %q, not %q", b, tail)
	}
}

// checkAppendJoined expects pieces of one memory to be one vector, and a gap to stay.
func checkAppendJoined(t *testing.T, vecs []unix.Iovec, flat []byte) {
	other := split([]byte("other"), 2)
	joined := AppendJoined(nil, slices.Concat(other, vecs, other))
	if len(joined) > 3 {
		t.Errorf("AppendJoined gives %d vectors of three memories", len(joined))
	}
	var b []byte
	for _, v := range joined {
		b = append(b, Bytes(v)...)
	}
	if want := "other" + string(flat) + "other"; string(b) != want {
		t.Errorf("AppendJoined gives %q, not %q", b, want)
	}
}

// checkCopy copies n bytes into memory that is cut the other way round, and expects the byte behind them as it was.
func checkCopy(t *testing.T, vecs []unix.Iovec, flat, cut []byte, n uint64) {
	there := bytes.Repeat([]byte{0xee}, len(flat)+1)
	want := bytes.Clone(there)
	copy(want, flat[:min(n, uint64(len(flat)))])
	cut = bytes.Clone(cut)
	slices.Reverse(cut)
	if Copy(split(there, cut...), vecs, n); !bytes.Equal(there, want) {
		t.Errorf("Copy of %d bytes leaves %q, not %q", n, there, want)
	}
}

func TestCopyEndsWhereThereIsNoMoreRoom(t *testing.T) {
	there := []byte("........")
	Copy(split(there[:6], 1, 4), split([]byte(hex), 5, 5), 12)
	if string(there) != "012345.." {
		t.Errorf("%q", there)
	}
}

func TestNoBytesHaveAVectorThatGivesNone(t *testing.T) {
	if v := Of(nil); v.Len != 0 || len(Bytes(v)) != 0 || Length(nil) != 0 {
		t.Errorf("%v", v)
	}
}

func TestNothingAllocates(t *testing.T) {
	src, dst := split(make([]byte, 64), 3, 20), split(make([]byte, 64), 40)
	p, room := make([]byte, 30), make([]unix.Iovec, 0, 4)
	if n := testing.AllocsPerRun(100, func() {
		Gather(p, src, 10)
		Scatter(dst, 20, p)
		Copy(dst, src, Length(src))
		room = AppendAfter(room[:0], src, 12)
		room = AppendJoined(room[:0], src)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
