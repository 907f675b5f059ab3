package initramfs

// Overlay returns what of a to unpack over a file system that has something already: without the directories of which has says,
// by absolute paths, that they are there. Those keep their modes; a has them perhaps only because of what lies below.
func (a *Archive) Overlay(has func(name string) bool) *Archive {
	out := New()
	for name, e := range a.entries {
		if !e.isDir() || !has("/"+name) {
			out.entries[name] = e
		}
	}
	return out
}
