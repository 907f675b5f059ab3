package virtionet

import (
	"encoding/json"
	"testing"
)

func TestDropsAreWrittenByTheirReasons(t *testing.T) {
	var d Drops
	d[DropFiltered], d[DropReset] = 3, 1
	text, err := json.Marshal(struct{ Drops Drops }{d})
	if want := `{"Drops":{"filtered":3,"reset":1}}`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	var back struct{ Drops Drops }
	if err := json.Unmarshal(text, &back); err != nil || back.Drops != d {
		t.Errorf("read again: %v, %v", back.Drops, err)
	}
	if err := json.Unmarshal([]byte(`{"filtred":1}`), &back.Drops); err == nil {
		t.Error("a reason that does not exist was read")
	}
}
