package virtiopci

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestRandomAccessesAreAnsweredAsQEMUDoes(t *testing.T) {
	file, err := os.Open("testdata/qemu-7.2/accesses.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := mappedRig(t, nil)
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		if line := lines.Text(); !strings.HasPrefix(line, "#") {
			r.replay(line)
		}
		if t.Failed() {
			t.Fatalf("in line %d: %s", n+1, lines.Text())
		}
	}
	if n < 1000 {
		t.Fatalf("only %d accesses", n)
	}
}

// replay makes one recorded access.
func (r *rig) replay(line string) {
	var what string
	var addr, v uint64
	var size int
	if _, err := fmt.Sscanf(line, "%s %v %d %v", &what, &addr, &size, &v); err != nil {
		r.tb.Fatalf("%q: %v", line, err)
	}
	switch what {
	case "read":
		r.equal(what, r.read(addr, size), v)
	case "write":
		r.write(addr, size, v)
	case "in":
		r.equal(what, r.in(addr, size), v)
	case "out":
		r.out(addr, size, v)
	case "config":
		r.equal(what, uint64(r.config(int(addr), size)), v)
	case "setconfig":
		r.setConfig(int(addr), size, uint32(v))
	default:
		r.tb.Fatalf("%q: no such access", line)
	}
}
