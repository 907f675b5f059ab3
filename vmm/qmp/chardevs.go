package qmp

// A Chardev is a character device.
type Chardev struct {
	Label        string `json:"label"`
	Filename     string `json:"filename"`
	FrontendOpen bool   `json:"frontend-open"` // a device has it open; in the case of a virtserialport: the guest has
}

func chardevCommands(list func() []Chardev) map[string]command {
	return map[string]command{"query-chardev": ask(func() ([]Chardev, error) {
		all := []Chardev{}
		if list != nil {
			all = append(all, list()...)
		}
		return all, nil
	})}
}
