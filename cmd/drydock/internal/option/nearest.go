package option

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Unknown is the error for a name that is none of known; where names what it was given to ("" for nothing).
func Unknown(kind, name string, known []string, where string) error {
	if where != "" {
		where += ": "
	}
	if n := Nearest(name, known); n != "" {
		return fmt.Errorf("%sunknown %s %q; did you mean %q?", where, kind, name, n)
	}
	return fmt.Errorf("%sunknown %s %q; known are %s", where, kind, name, strings.Join(known, ", "))
}

// Nearest returns the known name that is closest to name, or "" if none is near: a third of its letters may be wrong.
func Nearest(name string, known []string) string {
	best, least := "", (len(name)+5)/3
	for _, k := range known {
		if max(len(k)-len(name), len(name)-len(k)) >= least {
			continue // so many letters are wrong at least; a name may be long
		}
		if d := levenshtein.ComputeDistance(name, k); d < least {
			best, least = k, d
		}
	}
	return best
}
