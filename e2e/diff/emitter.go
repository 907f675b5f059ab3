package main

import (
	"fmt"
	"math/rand/v2"
)

// An emitter writes the steps of a script. Everything random comes from one source, so that a seed is a script.
type emitter struct {
	*rand.Rand
	steps []step
}

func newEmitter(seed uint64, c *configuration, k kind) *emitter {
	var h uint64 = 14695981039346656037 // FNV-1a: each configuration has a stream of its own
	for _, b := range []byte(c.name + string(k)) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return &emitter{Rand: rand.New(rand.NewPCG(seed, h))}
}

func (e *emitter) emit(note, format string, args ...any) {
	e.steps = append(e.steps, step{fmt.Sprintf(format, args...), note})
}

// left says that a case which the table of deliberate differences leaves out would have come here.
func (e *emitter) left(note string) { e.emit(note, verbLeft) }

// suffix is qtest's letter of an access size.
func suffix(size int) string { return map[int]string{1: "b", 2: "w", 4: "l", 8: "q"}[size] }

func (e *emitter) in(port uint64, size int, note string) {
	e.emit(note, "in%s %#x", suffix(size), port&0xffff)
}
func (e *emitter) out(port uint64, size int, v uint64, note string) {
	e.emit(note, "out%s %#x %#x", suffix(size), port&0xffff, v&mask(size))
}

// load and store access memory in one access; bytes and setBytes in one command of any length.
func (e *emitter) load(addr uint64, size int, note string) {
	e.emit(note, "read%s %#x", suffix(size), addr)
}
func (e *emitter) store(addr uint64, size int, v uint64, note string) {
	e.emit(note, "write%s %#x %#x", suffix(size), addr, v&mask(size))
}
func (e *emitter) bytes(addr uint64, n int, note string) { e.emit(note, "read %#x %#x", addr, n) }
func (e *emitter) setBytes(addr uint64, b []byte, note string) {
	if len(b) > 0 {
		e.emit(note, "write %#x %#x 0x%x", addr, len(b), b)
	}
}

func mask(size int) uint64 {
	if size >= 8 {
		return ^uint64(0)
	}
	return 1<<(8*size) - 1
}

// config and setConfig access configuration space of a slot. The low bits of the offset go where hardware has them, in the port.
func (e *emitter) config(slot, off, size int, note string) {
	e.out(0xcf8, 4, configAddress(slot, off), note)
	e.in(0xcfc+uint64(off&3), size, note)
}

func (e *emitter) setConfig(slot, off, size int, v uint64, note string) {
	e.out(0xcf8, 4, configAddress(slot, off), note)
	e.out(0xcfc+uint64(off&3), size, v, note)
}

func configAddress(slot, off int) uint64 { return 0x80000000 | uint64(slot)<<11 | uint64(off&0xfc) }

// one takes an element of a list.
func one[T any](e *emitter, from ...T) T { return from[e.IntN(len(from))] }

func (e *emitter) someBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(e.Uint32())
	}
	return b
}

// chance is true n times of 100.
func (e *emitter) chance(n int) bool { return e.IntN(100) < n }
