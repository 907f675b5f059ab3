package guestimage

import (
	"io/fs"
	"os"
)

// baseDirs are mount points and places that programs expect. The init mounts what lies over them.
var baseDirs = map[string]fs.FileMode{
	"/dev":      0o755,
	"/proc":     0o555,
	"/sys":      0o555,
	"/run":      0o755,
	"/mnt":      0o755,
	"/root":     0o700,
	"/tmp":      0o777 | os.ModeSticky,
	"/var/tmp":  0o777 | os.ModeSticky,
	"/var/log":  0o755,
	"/usr/bin":  0o755,
	"/usr/sbin": 0o755,
	"/bin":      0o755,
	"/sbin":     0o755,
}

// baseFiles are the least that getpwuid(3) and getaddrinfo(3) need.
var baseFiles = map[string]string{
	"/etc/passwd":        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
	"/etc/group":         "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
	"/etc/hosts":         "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n",
	"/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nprotocols: files\nservices: files\n",
	// https://www.iana.org/assignments/protocol-numbers; getaddrinfo(3) and ping ask for these names.
	"/etc/protocols": "ip\t0\tIP\nicmp\t1\tICMP\ntcp\t6\tTCP\nudp\t17\tUDP\nipv6-icmp\t58\tIPv6-ICMP\n",
}

// base adds the skeleton.
func (img *Image) base(*Options) error {
	for name, perm := range baseDirs {
		if err := img.Dir(name, perm); err != nil {
			return err
		}
	}
	for name, text := range baseFiles {
		if err := img.Bytes(name, 0o644, []byte(text)); err != nil {
			return err
		}
	}
	if err := img.Symlink("/var/run", "/run"); err != nil {
		return err
	}
	// The kernel opens it as the init's descriptors 0 to 2 before devtmpfs is there.
	return img.CharDev("/dev/console", 0o600, 5, 1)
}
