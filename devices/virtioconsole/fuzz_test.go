package virtioconsole

import (
	"encoding/binary"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func FuzzControlMessages(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 3, 0, 1, 0, 1, 0, 0, 0, 6, 0, 1, 0, 1, 0, 0, 0, 6, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		dev, err := New(Config{Ports: []*Port{NewPort("p", 0), NewPort("", 30), NewConsole("c", AnyNumber)}})
		if err != nil {
			t.Fatal(err)
		}
		l := dev.begin(virtio.NewSession(DefaultFeatures, false, nil))
		defer dev.end()
		for ; len(b) >= controlLen; b = b[controlLen:] {
			l.control(binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]))
		}
		for _, m := range l.out.take() {
			if number := binary.LittleEndian.Uint32(m); dev.port(number) == nil {
				t.Errorf("a message for port %d, which does not exist", number)
			}
		}
	})
}
