package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// gated is a writer that waits before each write.
type gated struct {
	bytes.Buffer
	pass chan struct{}
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.pass
	return g.Buffer.Write(p)
}

func TestWhoeverPutsDoesNotWaitForTheReader(t *testing.T) {
	g := &gated{pass: make(chan struct{})}
	o := New(g)
	var want strings.Builder
	for i := range 1000 {
		o.Put(fmt.Sprint(i))
		fmt.Fprintln(&want, i)
	}
	close(g.pass)
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if g.String() != want.String() {
		t.Errorf("the reader has\n%s", &g.Buffer)
	}
}

func TestLinesOfManyStayWhole(t *testing.T) {
	var out bytes.Buffer
	o := New(&out)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				o.Put("a line")
			}
		})
	}
	all.Wait()
	_ = o.Close()
	if out.String() != strings.Repeat("a line\n", 800) {
		t.Errorf("the reader has\n%s", &out)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestAfterAnErrorOrTheEndNothingIsSent(t *testing.T) {
	o := New(broken{})
	o.Put("x")
	if err := o.Close(); err == nil || err.Error() != "gone" {
		t.Errorf("the error is %v", err)
	}
	var out bytes.Buffer
	o = New(&out)
	_ = o.Close()
	o.Put("x")
	if err := o.Close(); err != nil || out.Len() != 0 {
		t.Errorf("%v, %q", err, &out)
	}
}
