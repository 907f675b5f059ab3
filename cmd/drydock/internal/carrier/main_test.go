package carrier

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestinit"
	"go.uber.org/goleak"
)

// TestMain makes the test binary what Drydock's is: the init of the carriers that it starts, and the commands of this package.
func TestMain(m *testing.M) {
	if guestinit.Active() {
		guestinit.Main()
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "carrier":
			exit(Command(context.Background(), os.Args[2:]))
		case "exec":
			exit(ExecCommand(context.Background(), os.Args[2:]))
		}
	}
	goleak.VerifyTestMain(m)
}

func exit(status int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "drydock:", err)
		status = max(status, 125)
	}
	os.Exit(status)
}
