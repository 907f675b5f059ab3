package virtioblk

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// writerEnv makes a process of this test the one that is killed: it names the image to write to.
const writerEnv = "DRYDOCK_TEST_BLOCK_WRITER"

func TestAFlushedWriteOutlivesTheProcess(t *testing.T) {
	if path := os.Getenv(writerEnv); path != "" {
		writeUntilKilled(t, path)
	}
	path := image(t).Name()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	flushed := 0
	for lines := bufio.NewScanner(out); flushed < 50 && lines.Scan(); {
		if flushed, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, which is an error
	if flushed < 50 {
		t.Fatalf("the writer came to an end after %d flushes", flushed)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range flushed {
		if !bytes.Equal(got[512*i:][:512], pattern(512, byte(100+i))) {
			t.Errorf("sector %d was flushed and is not on the disk", i)
		}
	}
}

// writeUntilKilled writes one sector after the other and says how many of them a flush has followed.
func writeUntilKilled(t *testing.T, path string) {
	r := start(t, Config{Disk: unlocked(t, path)}, modern)
	for i := 0; ; i++ {
		sector := i % (imageSize / 512)
		r.want(command{kind: typeOut, sector: uint64(sector), out: pattern(512, byte(100+sector))}, statusOK)
		r.want(command{kind: typeFlush}, statusOK)
		fmt.Println(min(i+1, imageSize/512))
	}
}
