package args

import (
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
)

// numbers reads descriptors: 3 or 3:4:5.
func numbers(s string) (fds []int, err error) {
	for _, word := range strings.Split(s, ":") {
		fd, err := option.Uint(word, 31)
		if err != nil {
			return nil, err
		}
		fds = append(fds, int(fd))
	}
	return fds, nil
}
