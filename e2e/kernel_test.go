package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// The other tests boot the kernel that drydock finds, which is Debian's cloud kernel. These are those of other people.
func TestOtherKernelsCarryStreamsToo(t *testing.T) {
	kernels := filepath.SplitList(os.Getenv("DRYDOCK_E2E_KERNELS"))
	if len(kernels) == 0 {
		t.Fatal(`DRYDOCK_E2E_KERNELS is empty: put the path in it that "drydock kernel get linux-image-amd64" prints`)
	}
	for _, kernel := range kernels {
		t.Run(filepath.Base(kernel), func(t *testing.T) {
			l := link{options: []string{"-kernel", kernel}, bytes: bulk, rounds: []string{"d", "u"}}
			l.exchange(t)
			l.wantFrames(t, true, true)
		})
	}
}
