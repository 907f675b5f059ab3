package args

import "slices"

// Ancestors are the QOM types that a type of -device descends from, the nearest first.
func Ancestors(name string) []string {
	t := deviceTypes[name]
	return slices.DeleteFunc(slices.Clone(t.parents), func(p string) bool { return p == name })
}
