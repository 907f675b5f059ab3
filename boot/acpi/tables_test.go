package acpi

import (
	"bytes"
	"strings"
	"testing"
)

// ram is guest memory that grows with what is written.
type ram map[int64][]byte

func (r ram) WriteAt(p []byte, at int64) (int, error) {
	r[at] = bytes.Clone(p)
	return len(p), nil
}

var testPlace = Place{Base: 0xe0000, Size: 0xf000, FACS: 0xef000}

func pc(cpus int) Config {
	c := Config{
		Memory:   []Window{{0xc0000000, 0x3ec00000}},
		Serial:   []Serial{{0x3f8, 4}, {0x2f8, 3}},
		Keyboard: true,
		Hotplug:  &Hotplug{Base: 0xae00, GPE: 1, First: 2},
	}
	for i := range cpus {
		c.CPUs = append(c.CPUs, CPU{APICID: uint32(i)})
	}
	return c
}

// loaded gives the tables as a kernel finds them: by the RSDP, through the list of addresses of the given width.
func loaded(t *testing.T, c Config, width int) map[string][]byte {
	t.Helper()
	mem := ram{}
	at, err := Load(mem, testPlace, c)
	if err != nil {
		t.Fatal(err)
	}
	image := mem[int64(testPlace.Base)]
	table := func(addr uint64) []byte {
		b := image[addr-testPlace.Base:]
		return b[:le.Uint32(b[4:])]
	}
	root := image[at-testPlace.Base:][:36]
	tables := map[string][]byte{"RSDP": root}
	list := table(le.Uint64(root[24:]))
	if width == 4 {
		list = table(uint64(le.Uint32(root[16:])))
	}
	tables[string(list[:4])] = list
	for b := list[headerSize:]; len(b) > 0; b = b[width:] {
		addr := uint64(le.Uint32(b))
		tables[string(table(addr)[:4])] = table(addr)
	}
	tables["DSDT"] = table(le.Uint64(tables["FACP"][140:]))
	tables["FACS"] = mem[int64(le.Uint32(tables["FACP"][36:]))]
	return tables
}

func sum(b []byte) (s byte) {
	for _, c := range b {
		s += c
	}
	return s
}

func TestBothRootsLeadToTheSameTablesAndEverySumIsZero(t *testing.T) {
	old, new := loaded(t, pc(2), 4), loaded(t, pc(2), 8)
	for _, name := range []string{"RSDP", "FACP", "APIC", "DSDT", "FACS"} {
		if len(new[name]) == 0 || !bytes.Equal(old[name], new[name]) {
			t.Errorf("%s differs: %x by the RSDT, %x by the XSDT", name, old[name], new[name])
		}
		if name != "FACS" && sum(new[name]) != 0 { // the FACS has no checksum
			t.Errorf("%s sums to %d", name, sum(new[name]))
		}
	}
	if sum(old["RSDT"]) != 0 || sum(new["XSDT"]) != 0 || sum(new["RSDP"][:20]) != 0 {
		t.Error("the RSDT, the XSDT or the ACPI 1.0 part of the RSDP has a wrong checksum")
	}
	if string(new["RSDP"][:8]) != "RSD PTR " || string(new["FACS"][:4]) != "FACS" {
		t.Errorf("signatures %q, %q", new["RSDP"][:8], new["FACS"][:4])
	}
}

func TestTheKeyboardFlagFollowsTheConfiguration(t *testing.T) {
	for _, has := range []bool{false, true} {
		c := pc(1)
		c.Keyboard = has
		tables := loaded(t, c, 8)
		if got := le.Uint16(tables["FACP"][109:])&boot8042 != 0; got != has {
			t.Errorf("keyboard %v: FADT says %v", has, got)
		}
		if got := bytes.Contains(tables["DSDT"], []byte("KBD_")); got != has {
			t.Errorf("keyboard %v: DSDT says %v", has, got)
		}
	}
}

func TestCPUsBeyondTheOldStructureGetTheX2APICOne(t *testing.T) {
	c := pc(1)
	c.CPUs = append(c.CPUs, CPU{APICID: 254}, CPU{APICID: 255}, CPU{APICID: 300})
	var got []uint32
	for b := loaded(t, c, 8)["APIC"][headerSize+8:]; len(b) > 0; b = b[b[1]:] {
		switch b[0] {
		case typeLocalAPIC:
			got = append(got, uint32(b[3]))
		case typeX2APIC:
			got = append(got, 1000+le.Uint32(b[4:]))
		}
	}
	want := []uint32{0, 254, 1255, 1300}
	if len(got) != len(want) {
		t.Fatalf("CPUs %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("CPU %d: %d, want %d", i, got[i], want[i])
		}
	}
}

func TestTheMostCPUsFitIntoTheirPlace(t *testing.T) {
	if tables := loaded(t, pc(MaxCPUs), 8); !bytes.Contains(tables["DSDT"], []byte("C3FF")) {
		t.Error("the last CPU is not in the DSDT")
	}
}

func TestWhatNoTableCanSayIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name  string
		place Place
		spoil func(*Config)
		text  string
	}{
		{"no CPU", testPlace, func(c *Config) { c.CPUs = nil }, "0 CPUs"},
		{"too many CPUs", testPlace, func(c *Config) { *c = pc(MaxCPUs + 1) }, "1025 CPUs"},
		{"an empty window", testPlace, func(c *Config) { c.Memory[0].Size = 0 }, "window at 0xc0000000"},
		{"a window around the end of the address space", testPlace, func(c *Config) { c.Memory[0].Size = 1 << 63; c.Memory[0].Base = 1 << 63 }, ""},
		{"an I/O window above 64 KiB", testPlace, func(c *Config) { c.IO = []Window{{0xffff, 2}} }, "above 0xffff"},
		{"a serial port with a PCI interrupt", testPlace, func(c *Config) { c.Serial[0].IRQ = 16 }, "IRQ 16"},
		{"a place too small", Place{0xe0000, 0x100, 0xef000}, func(*Config) {}, "room for 256"},
		{"a place at an odd address", Place{0xe0001, 0xf000, 0xef000}, func(*Config) {}, "multiples of 64"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := pc(1)
			tc.spoil(&c)
			_, err := Load(ram{}, tc.place, c)
			if tc.text == "" {
				if err != nil {
					t.Errorf("the last address may be in a window: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want one with %q", err, tc.text)
			}
		})
	}
}

func TestPackageLengthsCountThemselves(t *testing.T) {
	for _, tc := range []struct {
		body int
		head []byte
	}{
		{0, []byte{1}},
		{62, []byte{63}},
		{63, []byte{0x41, 0x04}},      // 65
		{4093, []byte{0x4f, 0xff}},    // 4095
		{4094, []byte{0x81, 0x00, 1}}, // 4097
	} {
		got := sized(make(aml, tc.body))
		if head := got[:len(got)-tc.body]; !bytes.Equal(head, tc.head) {
			t.Errorf("%d bytes: length %x, want %x", tc.body, []byte(head), tc.head)
		}
	}
}
