package carrier

import (
	"context"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
)

// ask sends a request that is answered by a status.
func ask(verb string) (st status, err error) {
	conn, err := dial()
	if err != nil {
		return st, err
	}
	defer conn.Close()
	if err := writeMessage(conn, request{Verb: verb}); err != nil {
		return st, err
	}
	return st, readMessage(conn, &st)
}

// execShared runs a job in the carrier that runs already; errNone if none does.
func execShared(ctx context.Context, r request, h runproto.Host) (int, error) {
	conn, err := dial()
	if err != nil {
		return runproto.StatusInit, err
	}
	defer conn.Close()
	r.Verb = "exec"
	if err := writeMessage(conn, r); err != nil {
		return runproto.StatusInit, err
	}
	return h.Run(ctx, conn)
}

// execOwn runs a job in a carrier of its own. boot ends the start, not the job.
func execOwn(boot, ctx context.Context, config Config, r request, h runproto.Host) (_ int, err error) {
	c, err := Start(boot, config)
	if err != nil {
		return runproto.StatusInit, err
	}
	defer c.Close()
	j, err := r.job(c, h)
	if err != nil {
		return runproto.StatusInit, err
	}
	return c.Run(ctx, j)
}
