package args

import (
	"strings"
	"testing"
)

func TestTheIDsOfObjectsAreOneNameSpace(t *testing.T) {
	for _, line := range []string{
		"-object rng-random,id=x -object rng-builtin,id=x",
		"-object iothread,id=x -object iothread,id=x",
		"-object iothread,id=x -object rng-builtin,id=x",
		"-netdev hubport,id=n -object rng-builtin,id=x -object filter-dump,id=x,netdev=n,file=f",
	} {
		if _, _, err := parse(t, line); err == nil || !strings.Contains(err.Error(), "id=x: another object has that id") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
