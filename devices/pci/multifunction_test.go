package pci

import (
	"strings"
	"testing"
)

// function makes one; multi says in its header that there may be others.
func function(multi bool) *Function {
	f := NewFunction(transitional)
	if multi {
		f.SetMultifunction()
	}
	return f
}

func TestFunctionsShareASlotWhereAGuestFindsThem(t *testing.T) {
	for name, c := range map[string]struct {
		first     int  // function number of what is there
		firstIs   bool // multifunction
		second    int
		secondIs  bool
		hot       bool // the second is
		wantError string
	}{
		"beside function 0 that says so":               {0, true, 3, false, false, ""},
		"beside function 0 that says it is alone":      {0, false, 3, false, false, "single function device can't be populated"},
		"function 0 comes last and says so":            {3, false, 0, true, false, ""},
		"function 0 comes last and says it is alone":   {3, false, 0, false, false, "04.0 indicates single function, but 04.3 is already populated"},
		"without function 0":                           {3, false, 7, false, false, ""},
		"the same number":                              {3, false, 3, false, false, "04.3 is taken"},
		"beside function 0, when guests have looked":   {0, true, 1, false, true, "function 0 of slot 04 is there"},
		"function 0 comes last, while guests run":      {3, false, 0, true, true, ""},
		"without function 0, while guests run":         {3, false, 1, false, true, ""},
		"a number that there is not":                   {3, false, 8, false, false, "functions 0 to 7"},
		"function 0 comes alone last, while guest run": {3, false, 0, false, true, "indicates single function"},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRoot()
			if _, err := r.Place(4, c.first, false, function(c.firstIs)); err != nil {
				t.Fatal(err)
			}
			slot, err := r.Place(4, c.second, c.hot, function(c.secondIs))
			switch {
			case c.wantError == "" && (err != nil || slot != 4 || r.Function(4, c.second) == nil):
				t.Errorf("slot %d, %v", slot, err)
			case c.wantError != "" && (err == nil || !strings.Contains(err.Error(), c.wantError)):
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestWhatCameWhileGuestsRanShowsWhenFunction0Does(t *testing.T) {
	r := NewRoot()
	p := ports{t, r.Config()}
	for function, want := range map[int]uint32{3: 0xffffffff, 2: 0x10001af4} {
		if _, err := r.Place(4, function, function == 3, NewFunction(transitional)); err != nil {
			t.Fatal(err)
		}
		p.address(0x80002000 | uint32(function)<<8)
		if got := p.in(0xcfc, 4); got != want {
			t.Errorf("function %d: %#x, want %#x", function, got, want)
		}
	}
	if _, err := r.Place(4, 0, true, function(true)); err != nil {
		t.Fatal(err)
	}
	p.address(0x80002300)
	if got := p.in(0xcfc, 4); got != 0x10001af4 {
		t.Errorf("beside function 0: %#x", got)
	}
	r.DetachAt(4, 0)
	if r.Function(4, 2) == nil || r.Function(4, 0) != nil {
		t.Error("more or less was taken out than function 0")
	}
}
