package guestimage

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// guestPath is the PATH that the guest's init gives to a command.
var guestPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// hostPath is searched besides PATH: an ordinary user of Debian has no sbin in it, and ethtool or iperf3 live there.
var hostPath = []string{"/usr/local/sbin", "/usr/sbin", "/sbin"}

// command adds the program that Argv names, unless the guest has it.
func (img *Image) command(*Options) error {
	if len(img.Argv) == 0 {
		return nil
	}
	name := img.Argv[0]
	if img.has(name) {
		return nil
	}
	host, err := findProgram(name)
	if err != nil {
		return fmt.Errorf("command %s: %w", name, err)
	}
	if host == "" {
		return nil // the guest's init says that there is none, with the status that a shell gives
	}
	if strings.Contains(name, "/") {
		img.Argv[0] = host
	}
	return img.program(host)
}

// has reports whether the guest finds a command in what is packed already.
func (img *Image) has(name string) bool {
	if strings.Contains(name, "/") {
		return path.IsAbs(name) && img.Has(name)
	}
	for _, dir := range guestPath {
		if img.Has(path.Join(dir, name)) {
			return true
		}
	}
	return false
}

// findProgram returns the absolute path of a program of the host, "" if there is none.
func findProgram(name string) (string, error) {
	host, err := exec.LookPath(name)
	for _, dir := range hostPath {
		if err == nil || strings.Contains(name, "/") {
			break
		}
		host, err = exec.LookPath(filepath.Join(dir, name))
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(host)
}

// program adds a program at the path that it has on the host, and for a script what its first line names. A program from
// outside the guest's PATH is linked into it.
func (img *Image) program(host string) error {
	if err := img.AddBinary(host, host); err != nil {
		return err
	}
	if interpreter := shebang(host); interpreter != "" && !img.Has(interpreter) {
		if err := img.AddBinary(interpreter, interpreter); err != nil {
			return fmt.Errorf("interpreter of %s: %w", host, err)
		}
	}
	if link := path.Join("/usr/local/bin", path.Base(host)); !img.has(path.Base(host)) {
		return img.Symlink(link, host)
	}
	return nil
}

// shebang returns the interpreter in the first line of a script, "" for anything else.
func shebang(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	// BINPRM_BUF_SIZE of Linux.
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	rest, ok := strings.CutPrefix(string(line), "#!")
	if fields := strings.Fields(rest); ok && len(fields) > 0 && path.IsAbs(fields[0]) {
		return path.Clean(fields[0])
	}
	return ""
}
