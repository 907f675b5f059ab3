package carrier

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
)

// A request is the first message on a carrier's control socket. To an exec the conversation of package runproto follows, with
// the server in the guest's place; to anything else, a status. Client and server are one user on one host, so files go by
// their names.
type request struct {
	Verb      string // exec, status or stop
	Program   program
	Files     []File
	Dirs      []string // to make in the carrier
	Artefacts []Artefact
}

// A status tells about a running carrier.
type status struct {
	PID    int
	Kernel string
	Since  time.Time
	Jobs   int // that it was given
}

// job is what the request asks of c; h has the command.
func (r *request) job(c *Carrier, h runproto.Host) (Job, error) {
	j := Job{Host: h, Files: initramfs.New(), Artefacts: r.Artefacts}
	for _, f := range r.Files {
		if err := f.Add(j.Files); err != nil {
			return j, fmt.Errorf("-file %s: %w", f.Host, err)
		}
	}
	for _, dir := range r.Dirs {
		if dir == "/" || c.Has(dir) || j.Files.Has(dir) {
			continue
		}
		if err := j.Files.Dir(dir, 0o755); err != nil {
			return j, err
		}
	}
	if len(h.Spec.Argv) == 0 {
		return j, errors.New("carrier: a job without a command")
	}
	name, err := r.Program.bring(c, j.Files)
	j.Spec.Argv = append([]string{name}, h.Spec.Argv[1:]...)
	return j, err
}

// maxMessage bounds a request or status.
const maxMessage = 1 << 20

// writeMessage sends v as JSON after its length.
func writeMessage(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text...))
	return err
}

// readMessage takes no byte of what follows.
func readMessage(r io.Reader, v any) error {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > maxMessage {
		return fmt.Errorf("carrier: control message of %d bytes, at most %d can be", n, maxMessage)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
