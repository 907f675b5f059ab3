package main

// negotiateLegacy is a driver of the legacy interface: no FEATURES_OK, rings by page.
func (f *function) negotiateLegacy() {
	steps := []func(){
		func() { f.setOld("status", 0) },
		f.emptyRings,
		func() { f.setOld("status", 1) },
		func() { f.setOld("status", 3) },
		func() { f.getOld("status") },
		func() { f.getOld("host_features") },
		func() { f.setOld("guest_features", f.legacyFeatures()) },
		func() { f.getOld("guest_features") },
		func() { f.setUpLegacyQueue(0) },
		func() { f.setUpLegacyQueue(1) },
		func() { f.setUpLegacyQueue(uint64(f.IntN(6))) },
		func() { f.setOld("status", 7) },
		func() { f.getOld("status") },
	}
	deviant := f.chance(40)
	for i := range steps {
		if deviant && f.chance(12) {
			continue
		}
		if deviant && f.chance(8) {
			steps[f.IntN(len(steps))]()
		}
		steps[i]()
	}
	f.config(f.slot, 4, 4, "COMMAND")
}

func (f *function) legacyFeatures() uint64 {
	return one(f.emitter, f.Uint64(), f.Uint64()&^(1<<30), f.Uint64()&^(1<<30), 0x79bf8064&^(1<<30), 0x39ffffe7, 0x20, 0, 0x40000000)
}

func (f *function) setUpLegacyQueue(q uint64) {
	size := 2
	if f.chance(10) {
		size = 1 // as libqos does
	}
	f.setLegacy(14, size, q, "queue_sel")
	f.getOld("queue_num")
	f.getOld("queue_pfn")
	if f.ringless() {
		f.left("no-served-ring")
		return
	}
	f.setOld("queue_pfn", f.ringPage()>>12)
	f.getOld("queue_pfn")
}

func (f *function) touchLegacy() {
	for range 1 + f.IntN(5) {
		r := one(f.emitter, legacyFields...)
		switch {
		case f.chance(55):
			f.getOld(r.name)
		case f.chance(30):
			f.getLegacy(uint64(f.IntN(32)), one(f.emitter, 1, 2, 4), "odd")
		default:
			f.setOld(r.name, f.legacyValueFor(r.name))
			f.getOld(r.name)
		}
	}
}

func (f *function) legacyValueFor(name string) uint64 {
	switch name {
	case "status":
		return one[uint64](f.emitter, 0, 1, 3, 3, 7, 7, 0x83, 4, 0x0b, 0x0f)
	case "guest_features":
		return f.legacyFeatures()
	case "queue_pfn":
		return f.ringPage() >> 12
	case "queue_sel":
		return one[uint64](f.emitter, 0, 1, 2, 3, 5, 1023, 1024, 0xffff)
	case "config_vector", "queue_vector":
		return f.aVector()
	}
	return f.Uint64()
}
