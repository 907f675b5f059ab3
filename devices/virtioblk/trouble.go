package virtioblk

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// troubleInterval is the least time between two lines about one disk: a guest that goes on writing to a full disk would fill the
// log, and then another disk.
const troubleInterval = 10 * time.Second

// trouble tells the user of the host's errors, in one line for many.
type trouble struct {
	log  zerolog.Logger
	name string

	mu     sync.Mutex
	last   time.Time // of the last line
	silent int       // errors since
}

func (t *trouble) report(r *request) { t.reportAt(time.Now(), r) }

func (t *trouble) reportAt(now time.Time, r *request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.last.IsZero() && now.Sub(t.last) < troubleInterval {
		t.silent++
		return
	}
	consequence := "virtioblk: the host failed; the guest gets an I/O error"
	if r.status == statusOK {
		consequence = "virtioblk: the host failed, which the guest is not told"
	}
	t.log.Error().Err(r.err).Str("disk", t.name).Stringer("request", r.op).Int64("offset", r.off).Int64("bytes", r.size).
		Int("untold", t.silent).Msg(consequence)
	t.last, t.silent = now, 0
}
