package args

import "github.com/drydock-vmm/drydock/cmd/drydock/internal/option"

// aliases are QEMU's short names of types (qdev_alias_table).
var aliases = map[string]string{
	"virtio-balloon": "virtio-balloon-pci", "virtio-blk": "virtio-blk-pci", "virtio-net": "virtio-net-pci", "virtio-rng": "virtio-rng-pci",
	"virtio-serial": "virtio-serial-pci",
}

// unaliased is what -device is given with the type's own name.
func unaliased(l option.List) option.List {
	kind, _ := l.Get("driver")
	if name, ok := aliases[kind]; ok {
		return l.With("driver", name)
	}
	return l
}
