// Package assemble makes a machine out of what a command line says: it opens the links, makes the devices, and gives vmm its
// configuration. What it opens it closes.
package assemble
