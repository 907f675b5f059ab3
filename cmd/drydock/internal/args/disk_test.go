package args

import (
	"strings"
	"testing"

	"github.com/drydock-vmm/drydock/devices/block"
)

// oneDisk parses a command line and returns its last disk.
func oneDisk(t *testing.T, words ...string) *Disk {
	t.Helper()
	m := New()
	if _, err := parseWords(m, append(words, "-nodefaults")); err != nil {
		t.Fatal(err)
	}
	return m.Disks[len(m.Disks)-1]
}

func TestADriveIsUnderstoodAsQEMUDoes(t *testing.T) {
	auto := block.Options{AutoReadOnly: true}
	for value, want := range map[string]Disk{
		"if=none,id=d,file=x,format=raw":                                              {ID: "d", Driver: "file", Path: "x", Format: "raw", Open: auto},
		"if=none,id=d,file=x":                                                         {ID: "d", Driver: "file", Path: "x", Open: auto},
		"file=./b:c,if=none":                                                          {ID: "none0", Driver: "file", Path: "./b:c", Open: auto},
		"file=file:b,if=virtio":                                                       {ID: "virtio0", Driver: "file", Path: "b", Open: auto, Virtio: true},
		"if=none,file.driver=host_device,file.filename=/d":                            {ID: "none0", Driver: "host_device", Path: "/d", Open: auto},
		"if=none,driver=raw,file.filename=y,file.locking=off":                         {ID: "none0", Driver: "file", Path: "y", Format: "raw", Open: block.Options{AutoReadOnly: true, NoLock: true}},
		"if=none,file=x,readonly=on":                                                  {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, ReadOnly: true}},
		"if=none,file=x,media=cdrom":                                                  {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, ReadOnly: true}},
		"if=none,file=x,auto-read-only=off,discard=unmap":                             {ID: "none0", Driver: "file", Path: "x", Open: block.Options{Unmap: true}},
		"if=none,file=x,cache=none":                                                   {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, Direct: true}},
		"if=none,file=x,cache=writethrough":                                           {ID: "none0", Driver: "file", Path: "x", Open: auto, WriteThrough: true},
		"if=none,file=x,cache=directsync":                                             {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, Direct: true}, WriteThrough: true},
		"if=none,file=x,cache=unsafe":                                                 {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, NoFlush: true}},
		"if=none,file=x,cache.writeback=off,cache=unsafe":                             {ID: "none0", Driver: "file", Path: "x", Open: block.Options{AutoReadOnly: true, NoFlush: true}, WriteThrough: true},
		"if=none,file=null-co://,file.read-zeroes=on,format=raw,":                     {ID: "none0", Driver: "null-co", Format: "raw", Open: auto, ReadZeroes: true},
		"if=none,file=x,snapshot=on":                                                  {ID: "none0", Driver: "file", Path: "x", Open: auto, Snapshot: true},
		"if=none,driver=null-co,size=1M":                                              {ID: "none0", Driver: "null-co", Open: auto, Size: 1 << 20},
		"if=none,file=x,werror=report,rerror=ignore,aio=threads,index=3,snapshot=off": {ID: "none0", Driver: "file", Path: "x", Open: auto, WError: "report", RError: "ignore"},
	} {
		t.Run(value, func(t *testing.T) { sameDisk(t, oneDisk(t, "-drive", value), want) })
	}
}

// sameDisk takes what want leaves out for the default.
func sameDisk(t *testing.T, got *Disk, want Disk) {
	t.Helper()
	if want.Size == 0 {
		want.Size = block.DefaultNullSize
	}
	for _, word := range []*string{&want.WError, &want.RError} {
		if *word == "" {
			*word = "auto"
		}
	}
	if *got != want {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
}

func TestANodeIsUnderstoodAsQEMUDoes(t *testing.T) {
	for _, tc := range []struct {
		words []string
		want  Disk
	}{
		{[]string{"driver=file,node-name=n,filename=x"}, Disk{Node: "n", Driver: "file", Path: "x", Format: "raw"}},
		{[]string{"raw,node-name=n,file.driver=file,file.filename=x,read-only=on"},
			Disk{Node: "n", Driver: "file", Path: "x", Format: "raw", Open: block.Options{ReadOnly: true}}},
		{[]string{`{"driver":"raw","node-name":"n","discard":"unmap","file":{"driver":"host_device","filename":"/x","cache":{"direct":true}}}`},
			Disk{Node: "n", Driver: "host_device", Path: "/x", Format: "raw", Open: block.Options{Unmap: true, Direct: true}}},
		{[]string{"file,node-name=f,filename=x,discard=unmap", "raw,node-name=n,file=f,read-only=on"},
			Disk{Node: "n", Driver: "file", Path: "x", Format: "raw", Open: block.Options{ReadOnly: true}}},
		{[]string{"null-co,node-name=n,size=1000,read-zeroes=on"}, Disk{Node: "n", Driver: "null-co", Format: "raw", Size: 1000, ReadZeroes: true}},
	} {
		t.Run(strings.Join(tc.words, " "), func(t *testing.T) {
			var words []string
			for _, w := range tc.words {
				words = append(words, "-blockdev", w)
			}
			sameDisk(t, oneDisk(t, words...), tc.want)
		})
	}
}

func TestADriveOnVirtioHasADeviceBehindThoseThatAreWritten(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -drive if=virtio,file=x,format=raw -drive if=none,id=e,file=y,format=raw -device virtio-blk-pci,drive=e -smp 3")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Devices) != 2 || m.Devices[0].(*Blk).Drive != "e" || m.Devices[1].(*Blk).Drive != "virtio0" {
		t.Errorf("devices: %+v", m.Devices)
	}
}

func TestABlockDeviceHasQEMUsProperties(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -device virtio-blk-pci,drive=d,id=b0,serial=s1,num-queues=4,queue-size=128,write-cache=off,discard=off,write-zeroes=on,"+
		"config-wce=off,logical_block_size=4k,physical_block_size=8192,min_io_size=4096,opt_io_size=64k,share-rw=on,bootindex=1,request-merging=off,"+
		"seg-max-adjust=off,discard_granularity=4294967295,report-discard-granularity=off,max-discard-sectors=8,max-write-zeroes-sectors=9,cyls=1,heads=2,secs=3,"+
		"lcyls=1,lheads=1,lsecs=1,scsi=off,class=0,werror=report,rerror=ignore,account-failed=off,account-invalid=auto,backend_defaults=off,iothread=io,"+
		"x-enable-wce-if-config-wce=on,packed=on,in_order=on,queue_reset=off,vectors=3 -object iothread,id=io -drive id=d,if=none,file=x")
	if err != nil {
		t.Fatal(err)
	}
	b := m.Devices[0].(*Blk)
	c := b.Device
	if c.Serial != "s1" || b.AutoQueues || c.Queues != 4 || c.QueueSize != 128 || !c.FixedSegMax || !c.HideGranularity || c.DiscardGranularity != 0 {
		t.Errorf("%+v", c)
	}
	if c.LogicalBlock != 4096 || c.PhysicalBlock != 8192 || c.MinIO != 4096 || c.OptIO != 65536 || c.MaxDiscard != 8 || c.MaxWriteZeroes != 9 {
		t.Errorf("%+v", c)
	}
	if c.Cylinders != 1 || c.Heads != 2 || c.Sectors != 3 || b.WriteCache != "off" || !b.ShareRW || b.WError != "report" || b.RError != "ignore" || b.Vectors != 3 {
		t.Errorf("%+v", b)
	}
	if len(b.Switched) != 6 {
		t.Errorf("switched: %v", b.Switched)
	}
}

func TestAQueueForEachCPUIsTheDefault(t *testing.T) {
	m, _, err := parse(t, "-nodefaults -drive id=d,if=none,file=x -device virtio-blk-pci,drive=d,num-queues=65535")
	if err != nil || !m.Devices[0].(*Blk).AutoQueues {
		t.Errorf("%v, %+v", err, m.Devices)
	}
}

func TestWhatADiskCannotBeIsSaid(t *testing.T) {
	const drive = "-drive id=d,if=none,file=x "
	for line, want := range map[string]string{
		"-drive file=x":                                                         "without if= it would be on an IDE controller",
		"-drive file=x,if=scsi":                                                 "no such controller",
		"-drive if=none,id=d":                                                   "Device needs media, but drive is empty",
		"-drive if=none,file=x,format=qcow2":                                    "unknown driver 'qcow2': only raw images",
		"-drive if=none,file=nbd://host/x":                                      "unknown driver 'nbd'",
		"-drive if=none,file.driver=raw,file.filename=x":                        "write file.driver=file",
		"-drive if=none,file=x,cache=fast":                                      "invalid cache option",
		"-drive if=none,file=x,discard=maybe":                                   "invalid discard option",
		"-drive if=none,file=x,werror=stop":                                     "the machine is not stopped for a disk's error",
		"-drive if=none,file=x,werror=enospc":                                   "write report",
		"-drive if=none,file=x,detect-zeroes=on":                                "leave it out",
		"-drive if=none,file=x,aio=native":                                      "requires cache.direct=on",
		"-drive if=none,file=x,driver=raw,format=raw":                           "Cannot specify both 'driver' and 'format'",
		"-blockdev driver=null-co,node-name=1":                                  "starts with a letter",
		"-drive if=none,file=x,aio=fast":                                        "threads, native, io_uring",
		"-drive if=none,file=x,bps=1000":                                        `unknown property "bps"`,
		drive + drive:                                                           "another disk is called d",
		drive + "-blockdev file,node-name=d,filename=y":                         "another disk is called d",
		"-blockdev file,filename=x":                                             "'node-name' must be specified",
		"-blockdev node-name=n":                                                 "Parameter 'driver' is missing",
		"-blockdev file,node-name=n":                                            "Parameter 'filename' is missing",
		"-blockdev raw,node-name=n":                                             `A block device must be specified for "file"`,
		"-blockdev raw,node-name=n,file=f,file.driver=file":                     `A block device must be specified for "file"`,
		"-blockdev raw,node-name=n,file=f":                                      "Cannot find device='f' nor node-name='f'",
		"-blockdev raw,node-name=n,file.driver=qcow3":                           "qcow3",
		"-blockdev qcow2,node-name=n,file=f":                                    "qcow2",
		"-blockdev raw,node-name=n,offset=512,file.driver=null-co":              "a part of an image",
		"-blockdev file,node-name=n,filename=x,size=1":                          `unknown property "size"`,
		"-device virtio-blk-pci":                                                "drive property not set",
		"-device virtio-blk-pci,drive=d":                                        "there is no -drive with that id",
		drive + "-device virtio-blk-pci,drive=d -device virtio-blk-pci,drive=d": "Drive 'd' is already in use",
		drive + "-device virtio-blk-pci,drive=d,num-queues=0":                   "larger than 0",
		drive + "-device virtio-blk-pci,drive=d,queue-size=2":                   "must be > 2",
		drive + "-device virtio-blk-pci,drive=d,logical_block_size=1000":        "power of 2",
		drive + "-device virtio-blk-pci,drive=d,opt_io_size=8G":                 "4294967295",
		drive + "-device virtio-blk-pci,drive=d,discard_granularity=0":          "discard=off",
		drive + "-device virtio-blk-pci,drive=d,max-discard-sectors=0":          "between 1 and",
		drive + "-device virtio-blk-pci,drive=d,scsi=on":                        "only off",
		drive + "-device virtio-blk-pci,drive=d,class=1":                        "only 0",
		drive + "-device virtio-blk-pci,drive=d,write-cache=maybe":              "none of on, off, auto",
		drive + "-device virtio-blk-pci,drive=d,iothread=io":                    "no -object iothread",
		drive + "-device virtio-blk-pci,drive=d,backend_defaults=on":            "leave it out",
		drive + "-device virtio-blk-pci,drive=d,rerror=stop":                    "write report",
		drive + "-device virtio-blk-pci,drive=d,account-failed=x":               "none of on, off, auto",
	} {
		if _, _, err := parse(t, "-nodefaults "+line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}
