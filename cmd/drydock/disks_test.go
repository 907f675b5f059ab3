package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBlockCommandsFindADiskByItsNames(t *testing.T) {
	image := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(image, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	_, qmp, _ := system(t, "-M", "pc", "-device", "virtio-blk-pci,id=drv0,drive=d0,addr=4.0", "-drive", "if=none,id=d0,format=raw,file="+image,
		"-drive", "if=none,id=d1,file=null-co://", "-blockdev", "null-co,node-name=n0,size=1M", "-accel", "qtest")
	for _, c := range []struct{ says, want string }{
		{`{"execute": "query-block"}`, `"device": "d0", "qdev": "/machine/peripheral/drv0/virtio-backend"`},
		{`{"execute": "query-block"}`, `"virtual-size": 1048576`},
		{`{"execute": "query-block"}`, `"device": "d1"`},
		{`{"execute": "block_resize", "arguments": {"device": "d0", "size": 2097152}}`, `{"return": {}}`},
		{`{"execute": "query-block"}`, `"virtual-size": 2097152`},
		{`{"execute": "block_resize", "arguments": {"node-name": "n0", "size": 4096}}`, `{"return": {}}`},
		{`{"execute": "block_resize", "arguments": {"device": "d0", "size": 2096700}}`, `{"return": {}}`}, // rounded up
		{`{"execute": "block_resize", "arguments": {"device": "d0", "size": -1}}`, `Parameter 'size' expects a >0 size`},
		{`{"execute": "block_resize", "arguments": {"device": "nobody", "size": 512}}`, `Cannot find device='nobody'`},
		{`{"execute": "block_resize", "arguments": {"size": 512}}`, `GenericError`},
		{`{"execute": "device_add", "arguments": {"driver": "virtio-blk-pci", "id": "drv1", "drive": "d1", "addr": "6"}}`, `{"return": {}}`},
		{`{"execute": "device_add", "arguments": {"driver": "virtio-blk-pci", "id": "drv2", "drive": "d1"}}`, `already in use`},
		{`{"execute": "query-block"}`, `/machine/peripheral/drv1/virtio-backend`},
	} {
		qmp.answers(c.says, c.want)
	}
	if st, err := os.Stat(image); err != nil || st.Size() != 2<<20 {
		t.Errorf("the image: %v, %v", st, err)
	}
}
