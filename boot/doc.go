// Package boot puts what a machine starts with into its memory: kernels (bzImage, ELF vmlinux, PVH), initial RAM disks,
// command lines, the zero page with its e820 map, page tables and segment descriptors; and says in which state the first
// CPU starts. It never knows KVM or vmm types: registers and tables are plain data.
//
// Everything is checked before the first byte is written, so a Load that fails for what a file or the machine is leaves
// memory as it was. Files are read once, in order, and never as a whole into the host's memory. A file is not trusted:
// whatever it says gives a kernel or an error, and the host's memory that it costs does not depend on it.
//
// Sources: Linux Documentation/arch/x86/boot.rst (boot protocol 2.15) and zero-page.rst; Xen docs/misc/pvh.pandoc and
// xen/include/public/arch-x86/hvm/start_info.h; ELF-64 Object File Format.
package boot
