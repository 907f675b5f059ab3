// Package args is Drydock's command line: QEMU's options, as far as Drydock has what they speak of, with QEMU's names,
// defaults and value syntax. It turns words into plain data and opens nothing.
package args
