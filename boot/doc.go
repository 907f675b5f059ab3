// Package boot puts what a machine starts with into its memory: kernels (bzImage, ELF vmlinux, PVH), initial RAM disks,
// command lines, the zero page with its e820 map, ACPI tables, page tables and segment descriptors; and says in which state
// the first CPU starts. It never knows KVM or vmm types: registers and tables are plain data.
package boot
