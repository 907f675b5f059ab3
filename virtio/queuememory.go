package virtio

// Memory is the guest's, for a device whose buffers name guest addresses (a balloon's lists of pages). It is good for as long as
// the queue is.
func (q *Queue) Memory() Memory { return q.config.Memory }
