package carrier

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/drydock-vmm/drydock/boot/hostkernel"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/rs/zerolog"
)

// CommandUsage is what follows "drydock carrier".
const CommandUsage = "start|stop|status"

// verbs are the words after "drydock carrier". serve is what start starts; it stays in the foreground.
var verbs = map[string]func(ctx context.Context, words []string) (int, error){
	"start": startCommand, "serve": serveCommand, "stop": stopCommand, "status": statusCommand,
}

// Command is "drydock carrier": it starts, shows and ends the carrier that the user's drydock exec share.
func Command(ctx context.Context, words []string) (int, error) {
	if len(words) == 0 || words[0] == "-h" || words[0] == "-help" || words[0] == "--help" {
		fmt.Printf("Usage: drydock carrier %s [options]\n\nAn emulated host with KVM that every drydock exec of this user shares. start -help tells its options.\n", CommandUsage)
		return 0, nil
	}
	run, ok := verbs[words[0]]
	if !ok {
		return 0, option.Unknown("verb", words[0], []string{"start", "stop", "status", "serve"}, "carrier")
	}
	return run(ctx, words[1:])
}

// parseConfig reads the options of start and serve.
func parseConfig(words []string) (Config, error) {
	c := Config{Log: zerolog.New(zerolog.ConsoleWriter{Out: os.Stderr, NoColor: true}).With().Timestamp().Logger()}
	fs := flag.NewFlagSet("carrier start", flag.ContinueOnError)
	fs.Uint64Var(&c.RAM, "m", 0, "RAM in `MiB` (default 3072)")
	fs.Func("kernel", "another kernel `file` that drydock run can boot in it, under /boot; may be repeated", func(s string) error {
		k, err := hostkernel.Host{}.Find(s)
		c.Kernels = append(c.Kernels, k)
		return err
	})
	rest, err := args.Parse(fs, words)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Printf("Usage: drydock carrier start [options]\n\n")
		fs.SetOutput(os.Stdout)
		fs.PrintDefaults()
	}
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("carrier start takes no %q", rest[0])
	}
	return c, err
}

func serveCommand(ctx context.Context, words []string) (int, error) {
	c, err := parseConfig(words)
	if err != nil {
		return 0, err
	}
	return 0, Serve(ctx, c, tellStarter)
}

func stopCommand(context.Context, []string) (int, error) {
	_, err := ask("stop")
	if errors.Is(err, errNone) {
		return 0, nil
	}
	return 0, err
}

func statusCommand(context.Context, []string) (int, error) {
	st, err := ask("status")
	if err != nil {
		return 1, err
	}
	fmt.Printf("running: kernel %s, process %d, up for %v, %d jobs\n", st.Kernel, st.PID, time.Since(st.Since).Round(time.Second), st.Jobs)
	return 0, nil
}
