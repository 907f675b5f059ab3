package net

import "testing"

func TestDefaultAddressesCountOnFromQEMUs(t *testing.T) {
	for n, want := range map[int]string{0: "52:54:00:12:34:56", 1: "52:54:00:12:34:57", 170: "52:54:00:12:35:00"} {
		if got := DefaultMAC(n).String(); got != want {
			t.Errorf("NIC %d: %s, want %s", n, got, want)
		}
	}
}

func TestAMACIsSixBytesAndNoGroup(t *testing.T) {
	for _, s := range []string{"52:54:00:12:34:56", "52-54-00-12-34-56"} {
		if m, err := ParseMAC(s); err != nil || m != DefaultMAC(0) {
			t.Errorf("%s: %v, %v", s, m, err)
		}
	}
	for _, s := range []string{"", "52:54:00:12:34", "52:54:00:12:34:56:78:9a", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "q"} {
		if m, err := ParseMAC(s); err == nil {
			t.Errorf("%q is %v", s, m)
		}
	}
}
