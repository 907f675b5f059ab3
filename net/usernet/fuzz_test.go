package usernet

import "testing"

// FuzzFrame gives the network whatever a guest may send.
func FuzzFrame(f *testing.F) {
	f.Add(udpFrame("10.0.2.15:99", "10.0.2.3:53", []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01")))
	f.Add(udpFrame("0.0.0.0:68", "255.255.255.255:67", make([]byte, 300)))
	f.Add(tcpFrame("10.0.2.15:99", "10.0.2.2:1"))
	u, err := New(Config{Restrict: true}) // a fuzzed frame must not reach the world
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { u.Close() })
	f.Fuzz(func(t *testing.T, frame []byte) {
		u.endpoint.deliver(frame)
		for receive(u.Links()[0], 0) != nil {
		}
	})
}
