package vmm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

// No goroutine and no descriptor may be left behind by a machine.
func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// PayloadPath is where the payload guest is. It is exported for the tests outside of the package.
func PayloadPath() string {
	if path := os.Getenv("DRYDOCK_PAYLOAD"); path != "" {
		return path
	}
	return filepath.Join("..", "build", "payload.elf")
}
