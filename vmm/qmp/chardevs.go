package qmp

// A Chardev is a character device.
type Chardev struct {
	Label        string `json:"label"`
	Filename     string `json:"filename"`
	FrontendOpen bool   `json:"frontend-open"`
}

func chardevCommands(all []Chardev) map[string]command {
	if all == nil {
		all = []Chardev{}
	}
	return map[string]command{"query-chardev": ask(func() ([]Chardev, error) { return all, nil })}
}
