package carrier

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/drydock-vmm/drydock/boot/initramfs"
)

// Has reports whether the carrier was given a file of that absolute path.
func (c *Carrier) Has(name string) bool { return c.has[strings.TrimPrefix(path.Clean(name), "/")] }

func (c *Carrier) remember(a *initramfs.Archive) {
	for _, name := range a.Names() {
		c.has[name] = true
	}
}

// put unpacks an archive in the carrier.
func (c *Carrier) put(ctx context.Context, a *initramfs.Archive) error {
	if a == nil || len(a.Names()) == 0 {
		return nil
	}
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		_, err := a.Overlay(c.Has).WriteTo(w)
		packed <- err
		w.CloseWithError(err)
	}()
	err := c.helper(ctx, "put files into it", r, nil, "cpio", "-i", "-d", "-m", "-u")
	r.Close()
	if packErr := <-packed; packErr != nil && !errors.Is(packErr, io.ErrClosedPipe) {
		err = packErr
	}
	if err == nil {
		c.remember(a)
	}
	return err
}

// bringBack copies artefacts to the host. Those that are missing matter only if they must be there.
func (c *Carrier) bringBack(ctx context.Context, artefacts []Artefact, must bool) error {
	if len(artefacts) == 0 || ctx.Err() != nil {
		return nil
	}
	r, w := io.Pipe()
	var missing []string
	unpacked := make(chan error, 1)
	go func() {
		var err error
		missing, err = unpackArtefacts(r, artefacts)
		r.CloseWithError(err)
		unpacked <- err
	}()
	// tar's status says no more than that a file is missing, which we see ourselves; other trouble ends the stream too early.
	argv := append([]string{"sh", "-c", `tar -c -C / -f - "$@" 2>/dev/null; true`, "tar"}, guestNames(artefacts)...)
	err := c.helper(ctx, "bring files back", nil, w, argv...)
	w.Close()
	if unpackErr := <-unpacked; unpackErr != nil {
		return fmt.Errorf("carrier: bring files back: %w", unpackErr)
	}
	if err == nil && must && len(missing) > 0 {
		err = fmt.Errorf("carrier: the command has not written %s", strings.Join(missing, ", "))
	}
	return err
}

func guestNames(artefacts []Artefact) (names []string) {
	for _, a := range artefacts {
		names = append(names, guestName(a))
	}
	return names
}

// guestName is the name of an artefact in a tar archive.
func guestName(a Artefact) string { return strings.TrimPrefix(path.Clean(a.Guest), "/") }

// unpackArtefacts writes the files of a tar archive to where they go on the host, and tells which did not come. Others are
// passed over: what is written where is our choice, not the guest's.
func unpackArtefacts(r io.Reader, artefacts []Artefact) (missing []string, err error) {
	hosts := make(map[string]string)
	for i, name := range guestNames(artefacts) {
		hosts[name] = artefacts[i].Host
	}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		name := strings.TrimPrefix(path.Clean(h.Name), "/")
		host, wanted := hosts[name]
		if !wanted || h.Typeflag != tar.TypeReg {
			continue
		}
		if err := writeFile(host, t); err != nil {
			return nil, err
		}
		delete(hosts, name)
	}
	// tar fills up its last block; who writes it must not find the pipe closed.
	_, err = io.Copy(io.Discard, r)
	for _, a := range artefacts {
		if _, left := hosts[guestName(a)]; left && !a.Optional {
			missing = append(missing, a.Guest)
		}
	}
	return missing, err
}

func writeFile(name string, r io.Reader) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
