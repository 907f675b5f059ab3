package vmm

import (
	"github.com/drydock-vmm/drydock/e2e/leaktest"

	"testing"

	"github.com/rs/zerolog"
)

func TestAVectorThatCannotBeProgrammedCostsNothingHoweverOftenItIsTried(t *testing.T) {
	c := Config{RAM: 1 << 20, CPUs: 1}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := m.accel.(*kvmAccel)
	before := leaktest.Descriptors()
	messages := newMSI(k.router, zerolog.Nop())
	if err := k.vm.Close(); err != nil { // from here on KVM refuses everything
		t.Fatal(err)
	}
	for range 10 {
		if err := messages.Program(3, 0xfee00000, 0x41); err == nil {
			t.Error("a machine that is gone takes a route")
		}
	}
	if n := len(k.router.messages); n != 1 {
		t.Errorf("%d routes are taken", n)
	}
	if table := k.router.table(); len(table) != len(k.router.fixed) {
		t.Errorf("the route that was refused is in the table: %v", table)
	}
	messages.close()
	if after := leaktest.Descriptors(); after != before-1 {
		t.Errorf("%d descriptors, %d before", after, before-1)
	}
	_ = m.close() // says that the VM is closed already
}

func TestEveryVectorOfAFullTableCanBeProgrammed(t *testing.T) {
	c := Config{RAM: 1 << 20, CPUs: 1}
	m, err := newPC(&c, inputs{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	messages := newMSI(m.accel.(*kvmAccel).router, zerolog.Nop())
	defer messages.close()
	for v := range maxVectors {
		if err := messages.Program(v, 0xfee00000, uint32(0x40+v)); err != nil {
			t.Fatal(err)
		}
		messages.Signal(v)
	}
}
