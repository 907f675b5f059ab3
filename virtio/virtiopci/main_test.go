package virtiopci

import (
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/e2e/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }
