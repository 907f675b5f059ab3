// Package option reads option values as QEMU spells them: sizes, switches, and lists of key=value with an implied first
// key. It knows the syntax and no option; every error names what was written and the nearest thing that exists.
package option
