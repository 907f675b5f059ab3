package args

import (
	"strings"
	"testing"
)

func TestQMPIsWhereTheCommandLineSays(t *testing.T) {
	for line, want := range map[string]Endpoint{
		"-qmp stdio":                                    {Stdio: true, FD: -1},
		"-qmp unix:/a":                                  {Path: "/a", FD: -1},
		"-qmp unix:/a,server":                           {Path: "/a", FD: -1, Server: true, Wait: true},
		"-qmp unix:/a,,b,server=on,wait=off":            {Path: "/a,b", FD: -1, Server: true},
		"-qmp unix:/a,server,nowait":                    {Path: "/a", FD: -1, Server: true},
		"-qmp tcp:127.0.0.1:44,server=on,wait=off":      {Address: "127.0.0.1:44", FD: -1, Server: true},
		"-mon c,mode=control -chardev stdio,id=c":       {Stdio: true, FD: -1},
		"-chardev socket,id=c,fd=7 -mon c,mode=control": {FD: 7},
		"-chardev socket,id=c,host=h,port=5 -mon chardev=c,mode=control,pretty=on":    {Address: "h:5", FD: -1},
		"-chardev socket,id=c,path=/a,server=on -mon chardev=c,mode=control":          {Path: "/a", FD: -1, Server: true, Wait: true},
		"-chardev socket,id=c,path=/a,server=on,wait=off -mon chardev=c,mode=control": {Path: "/a", FD: -1, Server: true},
	} {
		m, _, err := parse(t, line)
		if err != nil || len(m.QMP) != 1 || m.QMP[0] != want {
			t.Errorf("%s: %+v, %v; want %+v", line, m.QMP, err, want)
		}
	}
}

func TestAMonitorThatCannotBeIsExplained(t *testing.T) {
	for line, want := range map[string]string{
		"-qmp pty":                                 "unix:PATH",
		"-qmp unix:":                               "path=",
		"-qmp unix:/a,sever=on":                    `"server"`,
		"-mon chardev=c,mode=control":              "no -chardev with that id",
		"-chardev stdio,id=c -mon chardev=c":       "mode=control",
		"-chardev null,id=c -mon c,mode=control":   "not on a null",
		"-chardev socket,id=c -mon c,mode=control": "say where",
		"-monitor stdio":                           "none",
		"-accel tcg":                               "no CPU is emulated here",
		"-M pc,accel=tcg":                          "no CPU is emulated here",
		"-accel qtest":                             "-qtest unix:PATH",
		"-vga std":                                 "none",
		"-M microvm":                               "pc",
	} {
		if _, _, err := parse(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

func TestWhatAsksForNothingIsAccepted(t *testing.T) {
	m, _, err := parse(t, "-S -audio none -audiodev none,id=x -monitor none -vga none -usb -parallel none -net none -msg timestamp=on -no-user-config "+
		"-sandbox off -run-with exit-with-parent=on -trace enable=virtio* -k en-us -qmp none")
	if err != nil || !m.Paused || len(m.QMP) != 0 || len(m.NICs) != 0 { // -net none
		t.Errorf("%+v, %v", m, err)
	}
}

func TestAQTestSocketMeansTheQTestAccelerator(t *testing.T) {
	m, _, err := parse(t, "-qtest stdio -m 256")
	if err != nil || m.Accel != "qtest" || m.RAM != 256<<20 || len(m.NICs) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, _, err = parse(t, "-qtest stdio -accel kvm"); err != nil || m.Accel != "kvm" || m.RAM != 512<<20 {
		t.Errorf("%+v, %v", m, err)
	}
}
