// Package block is the host's side of a disk: raw image files, the host's block devices, and a disk that forgets (null-co).
// It moves bytes between a place on the disk and vectors of memory, tells the truth about what is durable, and keeps two
// machines from writing to one image.
//
// It never knows virtio, queues, or what the bytes mean; it reads the first of them only to tell a raw image from others.
package block
