package main

import (
	"fmt"
	"os"
)

func Example() {
	if err := run(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// before:
	//     descriptors                   available, idx 8   used, idx 0
	//   0 0x4000, 1536 bytes, writable      descriptor 0
	//   1 0x4600, 1536 bytes, writable      descriptor 1
	//   2 0x4c00, 1536 bytes, writable      descriptor 2
	//   3 0x5200, 1536 bytes, writable      descriptor 3
	//   4 0x5800, 1536 bytes, writable      descriptor 4
	//   5 0x5e00, 1536 bytes, writable      descriptor 5
	//   6 0x6400, 1536 bytes, writable      descriptor 6
	//   7 0x6a00, 1536 bytes, writable      descriptor 7
	//
	// after a frame of 9,000 bytes:
	//     descriptors                   available, idx 8   used, idx 6
	//   0 0x4000, 1536 bytes, writable      descriptor 0       descriptor 0, 1536 bytes
	//   1 0x4600, 1536 bytes, writable      descriptor 1       descriptor 1, 1536 bytes
	//   2 0x4c00, 1536 bytes, writable      descriptor 2       descriptor 2, 1536 bytes
	//   3 0x5200, 1536 bytes, writable      descriptor 3       descriptor 3, 1536 bytes
	//   4 0x5800, 1536 bytes, writable      descriptor 4       descriptor 4, 1536 bytes
	//   5 0x5e00, 1536 bytes, writable      descriptor 5       descriptor 5, 1332 bytes
	//   6 0x6400, 1536 bytes, writable      descriptor 6
	//   7 0x6a00, 1536 bytes, writable      descriptor 7
	//
	// num_buffers in the header is 6; behind it are 9000 bytes, the frame's own: true
}
