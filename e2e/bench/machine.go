package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	stdnet "net"
	"os"
	"runtime/pprof"

	"github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/rs/zerolog"
)

// machineCommand makes this program a machine with the payload guest in it.
const machineCommand = "machine"

func runMachine(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet(machineCommand, flag.ContinueOnError)
	path := fs.String("kernel", "", "")
	cmdline := fs.String("append", "", "")
	profile := fs.String("cpuprofile", "", "")
	if err := fs.Parse(args); err != nil {
		return err
	}
	kernel, err := os.Open(*path)
	if err != nil {
		return err
	}
	defer kernel.Close()
	stop, err := startProfile(*profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return boot(ctx, kernel, *cmdline)
}

func boot(ctx context.Context, kernel *os.File, cmdline string) (err error) {
	tap, err := net.OpenTap(net.TapConfig{Name: tapName, VNetHdr: net.VNetHdrOn})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tap.Close()) }()
	mac, err := stdnet.ParseMAC(guestMAC)
	if err != nil {
		return err
	}
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	nic, err := virtionet.New(virtionet.Config{Netdev: tap, MAC: [6]byte(mac), Log: log})
	if err != nil {
		return err
	}
	end, err := vmm.Run(ctx, vmm.Config{
		RAM: 256 << 20, CPUs: 1, CPU: "qemu64", Kernel: kernel, Cmdline: cmdline,
		Devices: []vmm.Device{{Device: nic, Slot: -1, Vectors: -1, IOEventFD: true, ROM: true}},
		Serial:  [2]vmm.Serial{{Out: os.Stdout}}, DebugExit: 0xf4, NoReboot: true, Log: log,
	})
	if err != nil {
		return err
	}
	if end.End != vmm.DebugExit || end.Code != 0 {
		return fmt.Errorf("the guest ended by %v, code %d: %s", end.End, end.Code, end.State)
	}
	return json.NewEncoder(os.Stderr).Encode(nic.Stats())
}

func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	stop = func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}
	return stop, pprof.StartCPUProfile(f)
}
