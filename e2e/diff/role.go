package main

// A role is what scripts of the data path do with one type of device.
type role struct {
	// queues are the queues that a driver opens, by the sizes that a legacy driver finds.
	queues func(*driver) []int
	// first, if there is something, comes before all scenarios of a life.
	first     func(*driver)
	scenarios []scenario
}

// roles are by virtio device type.
var roles = map[uint16]*role{1: &cardRole, 2: &diskRole, 3: &serialRole, 4: &entropyRole, 5: &balloonRole}

var cardRole = role{
	first: (*driver).sendFirst,
	queues: func(d *driver) (sizes []int) {
		for range d.opened() {
			sizes = append(sizes, d.firstSize(), 256)
		}
		if d.has(featureCtrlVQ) {
			sizes = append(sizes, 64)
		}
		return sizes
	},
	scenarios: []scenario{
		{30, (*driver).transmit},
		{36, (*driver).receive},
		{20, (*driver).coalesce},
		{20, (*driver).control},
		{3, (*driver).mistake},
		{3, (*driver).restart},
	},
}

// featureDiskMQ is VIRTIO_BLK_F_MQ.
const featureDiskMQ = 1 << 12

var diskRole = role{
	queues: func(d *driver) []int {
		if d.has(featureDiskMQ) {
			return []int{d.firstSize(), d.firstSize()}
		}
		return []int{d.firstSize()}
	},
	scenarios: []scenario{
		{80, (*driver).diskRequest},
		{8, (*driver).diskReads},
		{4, (*driver).diskMistake},
		{2, (*driver).restart},
		{6, (*driver).compareFiles},
	},
}

var entropyRole = role{
	queues: func(*driver) []int { return []int{8} },
	scenarios: []scenario{
		{90, (*driver).entropy},
		{5, (*driver).restart},
	},
}

var serialRole = role{
	first:  (*driver).writeFirst,
	queues: (*driver).serialQueues,
	scenarios: []scenario{
		{30, (*driver).write},
		{30, (*driver).read},
		{20, (*driver).converse},
		{3, (*driver).emergency},
		{4, (*driver).restart},
	},
}

var balloonRole = role{
	queues: (*driver).balloonQueues,
	scenarios: []scenario{
		{40, (*driver).giveUp},
		{20, (*driver).report},
		{20, (*driver).statistics},
		{8, (*driver).target},
		{8, (*driver).actually},
		{4, (*driver).restart},
	},
}

// firstSize is the size of the first queue.
func (d *driver) firstSize() int {
	if d.size != 0 {
		return d.size
	}
	return 256
}
