package assemble

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
)

// CheckFiles looks at the files that a command line names, before anything is started for their sake: that the kernel is one
// (else the error is a *boot.FileError), that the initrd can be read, and that what will be written has a directory to be in.
func CheckFiles(m *args.Machine) error {
	return errors.Join(checkKernel(m.Kernel), checkInitrd(m.Initrd), checkOutputs(m))
}

func checkKernel(path string) error {
	if path == "" {
		return nil
	}
	f, err := openRegular("-kernel", path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := boot.Open(f, info.Size()); err != nil {
		return fmt.Errorf("-kernel %s: %w", path, err)
	}
	return nil
}

func checkInitrd(path string) error {
	if path == "" {
		return nil
	}
	f, err := openRegular("-initrd", path)
	if err != nil {
		return err
	}
	return f.Close()
}

// checkOutputs does not make the files: they are made when there is something to write.
func checkOutputs(m *args.Machine) error {
	errs := []error{checkOutput("-stats", m.Stats), checkOutput("-pidfile", m.PIDFile)}
	for _, d := range m.Dumps {
		errs = append(errs, checkOutput("-object filter-dump", d.File))
	}
	for _, port := range m.Serial {
		if path, ok := strings.CutPrefix(port, "file:"); ok {
			errs = append(errs, checkOutput("-serial file", path))
		}
	}
	return errors.Join(errs...)
}

func checkOutput(option, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s: %s is a directory; name a file", option, path)
	}
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("%s: %s: there is no directory %s", option, path, dir)
	}
	return err
}

// openRegular opens a file that an option names for reading. It looks first: to open a pipe could take for ever.
func openRegular(option, path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	return f, nil
}
