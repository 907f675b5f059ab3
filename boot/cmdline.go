package boot

import (
	"fmt"
	"io"
	"strings"
)

// linuxCmdlineMax is COMMAND_LINE_SIZE of x86 Linux without the NUL, for kernels that bring no header that says it. A
// longer line would be cut by the kernel without a word.
const linuxCmdlineMax = 2047

// checkCmdline refuses a command line of more than limit bytes.
func checkCmdline(line string, limit uint64) error {
	limit = min(limit, cmdlineMax)
	if uint64(len(line)) > limit {
		return fmt.Errorf("kernel command line of %d bytes: this kernel takes %d", len(line), limit)
	}
	if i := strings.IndexByte(line, 0); i >= 0 {
		return fmt.Errorf("kernel command line: NUL at byte %d would end it", i)
	}
	return nil
}

func putCmdline(mem io.WriterAt, line string) error {
	return put(mem, cmdlineAddr, append([]byte(line), 0), "command line")
}
