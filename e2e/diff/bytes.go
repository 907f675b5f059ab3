package main

import (
	"encoding/hex"
	"slices"
	"strings"
)

// flagDataValid is VIRTIO_NET_HDR_F_DATA_VALID.
const flagDataValid = 2

// untouched is what scripts fill receive buffers with.
const untouched = 0xee

// withoutWrite clears VIRTQ_DESC_F_WRITE in the flags of used descriptors, those whose AVAIL and USED are equal.
func withoutWrite(ring string) string {
	b, err := hex.DecodeString(strings.TrimPrefix(ring, "0x"))
	if err != nil {
		return ring
	}
	for at := 14; at+1 < len(b); at += 16 {
		if b[at]>>7 == b[at+1]>>7 {
			b[at] &^= flagWrite
		}
	}
	return hex.EncodeToString(b)
}

// usedInOrder is a used ring from its idx on, with the entries sorted.
func usedInOrder(ring string) string {
	const idx, entry = len("0x0000"), 16
	if len(ring) < idx || (len(ring)-idx)%entry != 0 {
		return ring
	}
	entries := []string{}
	for at := idx; at < len(ring); at += entry {
		entries = append(entries, ring[at:at+entry])
	}
	slices.Sort(entries)
	return ring[:idx] + strings.Join(entries, " ")
}

// unlike says that two answers of bytes are equal but where may allows it.
func unlike(qemu, drydock string, may func(at int, q, d byte) bool) bool {
	a, errA := hex.DecodeString(strings.TrimPrefix(qemu, "0x"))
	b, errB := hex.DecodeString(strings.TrimPrefix(drydock, "0x"))
	if errA != nil || errB != nil || len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !may(i, a[i], b[i]) {
			return false
		}
	}
	return true
}
