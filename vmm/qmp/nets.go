package qmp

import (
	"encoding/json"
	"reflect"
)

// Nets are network backends and the cards on them.
type Nets interface {
	AddNetdev(p Properties) error // what -netdev is given
	RemoveNetdev(id string) error

	// SetLink pulls the cable out, or puts it back, of a card or a netdev.
	SetLink(name string, up bool) error
	// Announce has cards tell the network where they are.
	Announce(a Announcement) error
	// RXFilters are those of the card of that name, or of all if it is "".
	RXFilters(name string) ([]RXFilter, error)
}

// An Announcement says how often and when: first at once, then after Initial milliseconds, each further round Step later than the
// one before but at most Max. A new announcement with the ID of one that goes on takes its place; without rounds it ends it.
type Announcement struct {
	Initial    int64    `json:"initial"`
	Max        int64    `json:"max"`
	Rounds     int64    `json:"rounds"`
	Step       int64    `json:"step"`
	Interfaces []string `json:"interfaces,omitempty"` // cards' IDs; none: all
	ID         string   `json:"id,omitempty"`
}

// An RXFilter is what a card lets through.
type RXFilter struct {
	Name              string   `json:"name"`
	Promiscuous       bool     `json:"promiscuous"`
	Multicast         string   `json:"multicast"` // normal, none or all
	Unicast           string   `json:"unicast"`
	VLAN              string   `json:"vlan"`
	BroadcastAllowed  bool     `json:"broadcast-allowed"`
	MulticastOverflow bool     `json:"multicast-overflow"`
	UnicastOverflow   bool     `json:"unicast-overflow"`
	MainMAC           string   `json:"main-mac"`
	VLANTable         []int    `json:"vlan-table"`
	UnicastTable      []string `json:"unicast-table"`
	MulticastTable    []string `json:"multicast-table"`
}

// netTypes are the types of netdev_add's arguments (qapi/net.json), where a command line would have any spelling.
var netTypes = map[string]reflect.Type{
	"hubid": reflect.TypeFor[int32](), "restrict": reflect.TypeFor[bool](), "ipv4": reflect.TypeFor[bool](), "ipv6": reflect.TypeFor[bool](),
	"vnet_hdr": reflect.TypeFor[bool](), "vhost": reflect.TypeFor[bool](), "net": reflect.TypeFor[string](), "host": reflect.TypeFor[string](),
	"dns": reflect.TypeFor[string](), "dhcpstart": reflect.TypeFor[string](), "hostname": reflect.TypeFor[string](),
	"ifname": reflect.TypeFor[string](), "script": reflect.TypeFor[string](), "downscript": reflect.TypeFor[string](),
	"fd": reflect.TypeFor[string](), "fds": reflect.TypeFor[string](),
}

func netCommands(n Nets) map[string]command {
	return map[string]command{
		"netdev_add": func(arguments json.RawMessage) (any, error) {
			p, err := needing(arguments, "id", "type")
			if err == nil {
				err = checkTypes(arguments, netTypes)
			}
			if err == nil && p.Get("type") == "hubport" && !p.Has("hubid") {
				err = missing("hubid")
			}
			if err != nil {
				return nil, err
			}
			return nil, n.AddNetdev(p)
		},
		"netdev_del": with(func(a struct {
			ID string `json:"id"`
		}) (any, error) {
			return nil, n.RemoveNetdev(a.ID)
		}),
		"set_link": with(func(a struct {
			Name string `json:"name"`
			Up   bool   `json:"up"`
		}) (any, error) {
			return nil, n.SetLink(a.Name, a.Up)
		}),
		"announce-self": with(func(a Announcement) (any, error) { return nil, n.Announce(a) }),
		"query-rx-filter": with(func(a struct {
			Name string `json:"name,omitempty"`
		}) (any, error) {
			return n.RXFilters(a.Name)
		}),
	}
}
