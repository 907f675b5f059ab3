// Merge shows what VIRTIO_NET_F_MRG_RXBUF is for, on a stock Linux guest.
//
// A host that offers segmentation offload hands its guest frames of up to 64 KB. A driver cannot know how long the next frame will
// be, so without merged buffers each buffer must hold the longest: Linux posts 19 descriptors, 73,708 bytes, for every frame that
// may come. With them it posts small ones, and the device spreads a frame over as many as it takes and writes their number into
// the header's num_buffers.
//
// The program boots the same guest once for each way, with "drydock run", sends it one TCP stream over a tap with offloads, and
// prints what its network card counted. It is its own guest program too: "drydock run -file merge -- /merge -sink" copies it into
// the guest, where it receives the stream.
//
// It needs a /dev/kvm that runs a stock kernel; where there is none:
//
//	drydock exec -- build/merge
//
// It uses a network namespace of its own, so nothing of the host's network is touched. It exits with status 1 if the guest did not
// behave as told above.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A mode is a network card, as its driver sees it.
type mode struct {
	name  string
	props string // of -device
	want  claim
	spare bool // the first to be left out on a slow machine
}

// modes end with the historical one: rings had no indirect tables when merged buffers were invented.
var modes = []mode{
	{name: "mergeable", want: mostMerged},
	{name: "mrg_rxbuf=off", props: ",mrg_rxbuf=off", want: noneMerged},
	{name: "and no indirect", props: ",mrg_rxbuf=off,indirect_desc=off", want: noneMerged, spare: true},
}

// enough is how long all of it may take, so that it stays something to wait for.
const enough = 90 * time.Second

func main() {
	drydock := flag.String("drydock", "", "path of the drydock `binary` (default: beside this program, or in PATH)")
	kernel := flag.String("kernel", "", "kernel `file` of the guest (default: what drydock run chooses)")
	length := flag.Duration("time", 4*time.Second, "how long to send in each run")
	inGuest := flag.Bool("sink", false, "be the guest's side")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM)
	defer stop()
	var err error
	switch {
	case *inGuest:
		err = sink()
	case !inNamespace():
		err = enterNamespace(ctx)
	default:
		err = demonstrate(ctx, *drydock, *kernel, *length)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "merge:", err)
		stop()
		os.Exit(1)
	}
}

// demonstrate runs all modes, prints the table, and says whether it shows what it should.
func demonstrate(ctx context.Context, drydock, kernel string, length time.Duration) error {
	drydock, err := findDrydock(drydock)
	if err != nil {
		return err
	}
	if err := sendLong(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "merge-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	e := experiment{drydock: drydock, kernel: kernel, length: length, stats: filepath.Join(dir, "stats.json")}
	all, err := e.all(ctx)
	if err != nil {
		return err
	}
	fmt.Println()
	printTable(os.Stdout, all)
	fmt.Println(story)
	return judge(os.Stdout, all)
}

// findDrydock looks beside this program before it looks in PATH.
func findDrydock(name string) (string, error) {
	if name != "" {
		return filepath.Abs(name)
	}
	if self, err := os.Executable(); err == nil {
		for _, near := range []string{"drydock", "../bin/drydock"} {
			if path, err := exec.LookPath(filepath.Join(filepath.Dir(self), near)); err == nil {
				return path, nil
			}
		}
	}
	path, err := exec.LookPath("drydock")
	if err != nil {
		return "", errors.New("there is no drydock beside this program or in PATH: build it, or name it with -drydock")
	}
	return path, nil
}
