package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// otherKernels are Debian's plain kernel and then the newer ones of its backports. Most tests boot the kernel that drydock finds,
// which is the cloud kernel.
func otherKernels(t *testing.T) []string {
	t.Helper()
	kernels := filepath.SplitList(os.Getenv("DRYDOCK_E2E_KERNELS"))
	if len(kernels) == 0 {
		t.Fatal(`DRYDOCK_E2E_KERNELS is empty: put the path in it that "drydock kernel get linux-image-amd64" prints`)
	}
	return kernels
}

// plainKernel has drivers that the cloud kernel lacks.
func plainKernel(t *testing.T) string { return otherKernels(t)[0] }

// newestKernel is the backports'.
func newestKernel(t *testing.T) string {
	all := otherKernels(t)
	return all[len(all)-1]
}

func TestOtherKernelsCarryStreamsToo(t *testing.T) {
	for _, kernel := range otherKernels(t) {
		t.Run(filepath.Base(kernel), func(t *testing.T) {
			l := link{options: []string{"-kernel", kernel}, bytes: bulk, rounds: []string{"d", "u"}}
			l.exchange(t)
			l.wantFrames(t, true, true)
		})
	}
}
