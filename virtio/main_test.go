package virtio_test

import (
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

// No goroutine and no descriptor may be left behind by a session or a queue.
func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
