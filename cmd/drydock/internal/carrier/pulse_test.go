package carrier

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestACarrierIsKeptAwakeUntilItsJobIsDone(t *testing.T) {
	signals, done, ended := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		keepAwake(signals, done)
	}()
	for range 3 { // with a full channel between them, which must not block
		time.Sleep(2 * pulse)
		select {
		case s := <-signals:
			if s != unix.Signal(0) {
				t.Errorf("signal %v would do something to the job", s)
			}
		case <-time.After(time.Minute):
			t.Fatal("no pulse")
		}
	}
	close(done)
	<-ended
}
