package main

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/guestimage"
)

// runOptions are what "drydock run" has besides a machine's options.
type runOptions struct {
	files    []guestimage.File
	modules  []string
	addrs    []args.Address // for the NICs, in their order
	env      []string
	dir      string
	hostname string
	verbose  bool
	image    string // made already, by a drydock run outside; "" to make one
	terminal bool
}

func (r *runOptions) flags(fs *flag.FlagSet) {
	fs.Func("file", "put a host file into the guest: `HOST[:GUEST]`; programs bring their libraries", r.addFile)
	fs.Func("module", "load another kernel `module`", func(s string) error { r.modules = append(r.modules, s); return nil })
	fs.Func("ip", "address of the next NIC: `dhcp|none|ADDR/LEN[,gw=ADDR][,dns=ADDR]`; default dhcp on the user network, else none", func(s string) error {
		a, err := args.ParseAddress(s)
		r.addrs = append(r.addrs, a)
		return err
	})
	fs.Func("env", "`NAME=value` in the command's environment", r.setEnv)
	fs.StringVar(&r.dir, "chdir", "", "working `directory` of the command")
	r.hostname = "drydock"
	fs.Func("hostname", "`name` of the guest (default drydock)", r.setHostname)
	fs.BoolVar(&r.terminal, "t", false, "give the command this terminal; Ctrl-A x leaves")
	fs.StringVar(&r.image, "image", "", "`file` with the guest's file system, instead of making one: what a run outside an emulated host gives to the one inside")
	fs.BoolVar(&r.verbose, "verbose", false, "show the guest's kernel messages on standard error")
}

// addFile names the file absolutely: another drydock may be elsewhere.
func (r *runOptions) addFile(s string) error {
	f, err := guestimage.ParseFile(s)
	if err == nil {
		f.Host, err = filepath.Abs(f.Host)
	}
	r.files = append(r.files, f)
	return err
}

func (r *runOptions) setEnv(s string) error {
	if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
		return errors.New("write NAME=value")
	}
	r.env = append(r.env, s)
	return nil
}

// setHostname takes what the kernel has room for, and what programs can put into a line of /etc/hosts.
func (r *runOptions) setHostname(s string) error {
	const longest = 64 // sethostname(2)
	wrong := func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._", c))
	}
	if s == "" || len(s) > longest || strings.ContainsFunc(s, wrong) {
		return fmt.Errorf("write 1 to %d letters, digits, '-', '.' and '_'", longest)
	}
	r.hostname = s
	return nil
}

// words are the options that were given, for a drydock run elsewhere.
func (r *runOptions) words() (w []string) {
	for _, f := range r.files {
		w = append(w, "-file", strings.TrimSuffix(f.Host+":"+f.Guest, ":")) // without a guest path, as it was given
	}
	for _, name := range r.modules {
		w = append(w, "-module", name)
	}
	for _, a := range r.addrs {
		w = append(w, "-ip", a.String())
	}
	for _, e := range r.env {
		w = append(w, "-env", e)
	}
	w = append(w, "-chdir", r.dir, "-hostname", r.hostname, "-image", r.image)
	if r.terminal {
		w = append(w, "-t")
	}
	if r.verbose {
		w = append(w, "-verbose")
	}
	return w
}
