// Package initramfs packs a Linux initial RAM file system: a newc cpio archive of directories, files, symbolic links and
// device nodes, with the kernel modules that a guest needs in the order in which they load, and binaries with the
// shared libraries that they need. It never knows who reads the archive in the guest, and runs nothing on the host.
//
// The archive is not compressed, because unpacking costs the guest more than reading costs the host, and it is
// deterministic: the same input gives the same bytes.
//
// Sources: Documentation/driver-api/early-userspace/buffer-format.rst of Linux for the archive, modules.dep(5) and
// modules.builtin in Documentation/kbuild/kbuild.rst for the modules.
package initramfs
