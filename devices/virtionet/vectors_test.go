package virtionet

import (
	"bytes"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// split cuts b into vectors of the given lengths, and the rest.
func split(b []byte, lens ...int) (vecs []unix.Iovec) {
	for _, n := range lens {
		vecs = append(vecs, vectorOf(b[:n]))
		b = b[n:]
	}
	if len(b) > 0 {
		vecs = append(vecs, vectorOf(b))
	}
	return vecs
}

func TestVectorsAreOneStreamHoweverTheyAreCut(t *testing.T) {
	cuts := [][]int{nil, {1}, {5, 5}, {10}, {11}, {3, 3, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}
	for _, cut := range cuts {
		for off := range 17 {
			t.Run(fmt.Sprintf("cut at %v, from %d", cut, off), func(t *testing.T) {
				memory := []byte("0123456789abcdef")
				vecs := split(memory, cut...)
				tail := memory[off:]

				got := make([]byte, 20)
				if n := gather(got, vecs, uint64(off)); !bytes.Equal(got[:n], tail) {
					t.Errorf("gather gives %q", got[:n])
				}
				var after []byte
				for _, v := range appendAfter(nil, vecs, uint64(off)) {
					after = append(after, bytesOf(&v)...)
				}
				if !bytes.Equal(after, tail) {
					t.Errorf("appendAfter gives %q", after)
				}
				n := scatter(vecs, uint64(off), []byte("XYZ"))
				if want := "0123456789abcdef"[:off] + "XYZ"[:n] + "0123456789abcdef"[off+n:]; string(memory) != want || n != min(3, len(tail)) {
					t.Errorf("scatter of %d bytes leaves %q", n, memory)
				}
			})
		}
	}
}
