package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/virtionet"
)

// a run with frames of so many buffers each; the driver had posted so many buffers of so many bytes.
func run(m mode, posted int, bytes uint64, frames map[int]uint64) result {
	r := result{mode: m, stream: received{Bytes: 1, Seconds: 1}}
	for n, count := range frames {
		r.end.ByBuffers[n] = count
		r.end.Frames += count
		r.end.Buffers += uint64(n) * count
		r.end.Bytes += 1500 * count
	}
	r.rest.Posted = virtionet.Posted{Buffers: posted, Descriptors: posted, Entries: posted, Bytes: uint64(posted) * bytes}
	return r
}

func merged(frames map[int]uint64) result { return run(modes[0], 256, 1536, frames) }
func whole(frames map[int]uint64) result  { return run(modes[1], 256, 73708, frames) }

func TestTheDemonstrationFailsWhereItDoesNotShowWhatItSays(t *testing.T) {
	most, one := map[int]uint64{1: 10, 43: 90}, map[int]uint64{1: 100}
	nothing := whole(one)
	nothing.stream.Bytes = 0
	lost := whole(one)
	lost.stream.Bytes = 1e9
	small := whole(one)
	small.rest.Posted.Bytes = 256 * 1536
	for name, c := range map[string]struct {
		merged, whole result
		want          string
	}{
		"as it should be": {merged(most), whole(one), "<nil>"},
		"a mergeable run with half its frames unmerged": {merged(map[int]uint64{1: 50, 17: 50}), whole(one), "mergeable: only 50 of 100"},
		"one merged frame with merging off":             {merged(most), whole(map[int]uint64{1: 99, 2: 1}), "mrg_rxbuf=off: 1 of 100"},
		"a guest that received nothing":                 {merged(most), nothing, "mrg_rxbuf=off: the guest received nothing"},
		"a card that counted less than arrived":         {merged(most), lost, "mrg_rxbuf=off: the guest received 1000000000 bytes"},
		"a driver that posts as little without merging": {merged(most), small, "save nothing"},
		"a driver that posted nothing":                  {run(modes[0], 0, 0, most), whole(one), "mergeable: the driver had posted no buffers"},
	} {
		t.Run(name, func(t *testing.T) {
			err := judge(new(strings.Builder), []result{c.merged, c.whole})
			if got := fmt.Sprint(err); !strings.Contains(got, c.want) {
				t.Errorf("error %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheSinkTellsHowMuchCame(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out strings.Builder
	done := make(chan error, 1)
	go func() { done <- receive(l, &out) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if err := finish(conn.(*net.TCPConn)); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	guest := bufio.NewScanner(strings.NewReader(out.String()))
	if err := expect(guest, listening); err != nil {
		t.Error(err)
	}
	var got received
	if guest.Scan(); json.Unmarshal(guest.Bytes(), &got) != nil || got.Bytes != 3<<20 || got.Seconds <= 0 {
		t.Errorf("the sink said %q, want %d bytes in some time", guest.Text(), 3<<20)
	}
}

func TestAGuestThatSaysSomethingElseIsQuoted(t *testing.T) {
	err := expect(bufio.NewScanner(strings.NewReader("merge: no network\n")), listening)
	if err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("error %v, want the guest's words", err)
	}
}

func Example_table() {
	all := []result{merged(map[int]uint64{1: 500, 4: 500, 43: 4000}), whole(map[int]uint64{1: 5000})}
	printTable(os.Stdout, all)
	fmt.Println(judge(os.Stdout, all))
	// Output:
	//                                   mergeable    mrg_rxbuf=off
	// frames by num_buffers
	//   1                              500  10.0%     5,000 100.0%
	//   2-4                            500  10.0%                -
	//   5-16                                    -                -
	//   17-43                        4,000  80.0%                -
	//   over 43                                 -                -
	// frames received                       5,000            5,000
	//   bytes in each                       1,500            1,500
	//   buffers in each                     34.90             1.00
	// posted, before any came
	//   ring entries                          256              256
	//   buffers                               256              256
	//   descriptors in each                     1                1
	//   bytes in each                       1,536           73,708
	//   guest memory, KiB                     384           18,427
	//   the most later on, KiB                  0                0
	// throughput, Gb/s                       0.00             0.00
	// kicks per frame                        0.00             0.00
	// interrupts per frame                   0.00             0.00
	// boot, seconds                           0.0              0.0
	//
	// Here: 256 buffers in 384 KiB with merging, 256 in 18,427 KiB without: 48 times the memory.
	// <nil>
}
