package qmp

import "cmp"

// A Balloon takes memory from the guest, and gives it back.
type Balloon interface {
	// SetBalloon asks the guest to keep target bytes. It returns when the guest was asked, not when it has done it.
	SetBalloon(target uint64) error
	// Balloon is how many bytes the guest has.
	Balloon() (actual uint64, err error)
}

// BalloonInfo is what query-balloon returns, and BALLOON_CHANGE says.
type BalloonInfo struct {
	Actual uint64 `json:"actual"`
}

// ErrNoBalloon is what a Balloon's methods return of a machine that has none; its class is DeviceNotActive.
var ErrNoBalloon = Errorf("No balloon device has been activated")

func balloonCommands(b Balloon) map[string]command {
	return map[string]command{
		"balloon": with(func(a struct {
			Value int64 `json:"value"`
		}) (any, error) {
			if a.Value <= 0 {
				_, err := b.Balloon() // that there is none QEMU says first
				return nil, cmp.Or(err, Errorf("Parameter 'target' expects a size"))
			}
			return nil, b.SetBalloon(uint64(a.Value))
		}),
		"query-balloon": ask(func() (info BalloonInfo, err error) {
			info.Actual, err = b.Balloon()
			return info, err
		}),
	}
}
