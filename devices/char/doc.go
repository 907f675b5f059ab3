// Package char is the host's end of a guest's serial ports: QEMU's character backends, which -chardev names. Each is a Backend,
// whatever is behind it: a socket, a file, a pair of pipes, this process's terminal, a pseudo-terminal, memory, or nothing.
//
// A Backend that nobody reads from makes whoever writes to it wait, and nobody else. Bytes are never kept for a peer that is not
// there.
//
// It never knows which device the bytes come from or what they mean.
package char
