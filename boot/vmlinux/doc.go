// Package vmlinux takes the uncompressed kernel out of a bzImage. A guest that starts it need not decompress it, which on
// an emulated CPU saves seconds. It knows the container and the compressions, not what is in the kernel: package boot
// reads the result as an ELF.
//
// Source: Linux Documentation/arch/x86/boot.rst, payload_offset and payload_length.
package vmlinux
