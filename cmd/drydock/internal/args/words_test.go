package args

import (
	"reflect"
	"testing"
)

func TestWordsSayTheSameMachineAgain(t *testing.T) {
	for _, line := range []string{
		"",
		"-kernel /k -initrd /i -append console=ttyS0,115200 -m 1G -smp 2 -cpu max -accel kvm -name a,,b -pidfile p -stats s -log debug " +
			"-timeout 90s -serial stdio -serial file:/x,y -nographic -nodefaults -no-reboot",
		"-netdev user,id=n0,net=10.1.0.0/24,host=10.1.0.9,dns=10.1.0.8,dhcpstart=10.1.0.20,hostname=h,restrict=on," +
			"hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp::53-:53 -device virtio-net-pci,netdev=n0,mrg_rxbuf=off,mac=52:54:00:00:00:07",
		"-netdev tap,id=n0,ifname=t0,queues=2,vnet_hdr=off -netdev tap,id=n1,fds=5:6 -netdev stream,id=n2,fd=9 -netdev socket,id=n3,path=/a,,b,more=/c,more=/d,offloads=7 " +
			"-netdev hubport,id=n4 -device virtio-net-pci-transitional,netdev=n1 -device isa-debug-exit,iobase=0xf4",
		"-nic none",
		"-S -global virtio-net-pci.mq=on -global driver=a.b,property=c,value=d,,e -chardev null,id=c -drive if=none,id=d,file=null-co://,format=raw " +
			`-blockdev {"driver":"null-co","node-name":"n"} -object rng-builtin,id=r -device {"driver":"virtio-net-pci","id":"x"} ` +
			"-set device.x.host_mtu=1400 -device virtio-blk-pci,drive=d -device virtio-rng-pci,rng=r",
		"-S -qmp unix:/a,,b,server=on,wait=off -qmp unix:/a,server -qmp unix:/a,tunnel=/t -qmp tcp:[::1]:7 -qmp unix:fd=5 -qmp stdio " +
			"-chardev socket,id=c,path=/m,server=on,tunnel=/u -mon chardev=c,mode=control",
		"-netdev hubport,id=n0 -object filter-dump,id=f0,netdev=n0,file=/a,,b.pcapng,maxlen=100",
	} {
		first, _, err := parse(t, line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		again := New()
		rest, err := parseWords(again, first.Words())
		if err != nil || len(rest) != 0 {
			t.Errorf("%s: %q: %v, rest %q", line, first.Words(), err, rest)
		}
		if !reflect.DeepEqual(first, again) {
			t.Errorf("%s\nbecame %q\nwas  %+v\nnow  %+v", line, first.Words(), first, again)
		}
	}
}
