package guestinit

import (
	"os"
	"sync"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
)

// pumpStdin feeds the command, and grants the host what was taken.
func (r *run) pumpStdin() {
	defer r.guard()
	defer close(r.stdinDone)
	granted := r.conn.WriteNumber(runproto.Credit, stdinWindow) == nil
	buf := make([]byte, runproto.MaxData)
	for granted {
		n, err := r.stdin.take(buf)
		if err == nil {
			_, err = r.child.stdin.Write(buf[:n])
		}
		if err != nil {
			break
		}
		granted = r.conn.WriteNumber(runproto.Credit, uint32(n)) == nil
	}
	r.closeStdin()
}

// closeStdin shows the command the end of its input. A terminal has no end to close; it takes a character for it.
func (r *run) closeStdin() {
	if r.child.tty {
		_, _ = r.child.stdin.Write([]byte{endOfTransmission})
		return
	}
	_ = r.child.stdin.Close()
}

// pump sends one stream of the command until its end, which for a terminal is EIO.
func (r *run) pump(wg *sync.WaitGroup, from *os.File, t runproto.Type) {
	if from == nil {
		return
	}
	wg.Go(func() {
		defer r.guard()
		buf := make([]byte, runproto.MaxData)
		for {
			n, err := from.Read(buf)
			if n > 0 && r.conn.Write(t, buf[:n]) != nil {
				return
			}
			if err != nil {
				return
			}
		}
	})
}
