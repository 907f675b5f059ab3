package guestinit

import (
	"encoding/json"
	"fmt"
	"os"
)

// ManifestPath is where the initramfs holds the manifest. That it exists tells us, besides the process number, that we
// are a guest's init.
const ManifestPath = "/etc/drydock.json"

// A Manifest is what must be known before the port can be opened; all else comes through the port.
type Manifest struct {
	// Modules are the guest paths of kernel modules, in the order in which they load.
	Modules []string `json:"modules"`
	// Port is the name of the virtio console port.
	Port string `json:"port"`
	// Serve makes the init run one command after another, each in a conversation of its own, until the host ends the
	// machine. See serving.go.
	Serve bool `json:"serve,omitempty"`
}

// readManifest reads the manifest of this initramfs.
func readManifest(path string) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	if m.Port == "" {
		return m, fmt.Errorf("%s names no port", path)
	}
	return m, nil
}
