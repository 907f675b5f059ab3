package carrier

import (
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// errNone: no carrier runs that could be shared.
var errNone = errors.New("no carrier is running; drydock carrier start starts one")

// controlDir makes and returns the directory of the control socket. Who can connect can run what they like as this user, so
// nobody else may enter it.
func controlDir() (string, error) {
	dir := filepath.Join(os.TempDir(), "drydock-"+strconv.Itoa(os.Getuid()))
	if run := os.Getenv("XDG_RUNTIME_DIR"); run != "" {
		dir = filepath.Join(run, "drydock")
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("carrier: control socket: %w", err)
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || !fi.IsDir() || fi.Mode().Perm() != 0o700 || int(st.Uid) != os.Getuid() {
		return "", fmt.Errorf("carrier: %s is not a directory of this user alone (mode 0700): remove it", dir)
	}
	return dir, nil
}

func socketPath(dir string) string { return filepath.Join(dir, "carrier.sock") }
func logPath(dir string) string    { return filepath.Join(dir, "carrier.log") }

// dial connects to the carrier that runs, if one does.
func dial() (stdnet.Conn, error) {
	dir, err := controlDir()
	if err != nil {
		return nil, err
	}
	conn, err := stdnet.Dial("unix", socketPath(dir))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
		return nil, errNone
	}
	return conn, err
}

// listen makes the socket. The lock, which ends with the process, tells a socket in use from one that was left behind.
func listen() (l stdnet.Listener, unlock func() error, err error) {
	dir, err := controlDir()
	if err != nil {
		return nil, nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "carrier.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, nil, errors.Join(errors.New("carrier: another one is running or starting; drydock carrier status tells"), lock.Close())
	}
	if err := os.Remove(socketPath(dir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, errors.Join(err, lock.Close())
	}
	if l, err = stdnet.Listen("unix", socketPath(dir)); err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	return l, lock.Close, nil
}
