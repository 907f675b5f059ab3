package main

import (
	"slices"
	"strings"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
	"github.com/drydock-vmm/drydock/vmm"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// VirtioDevices is x-query-virtio: the last that was made is the first.
func (b *backend) VirtioDevices() []qmp.VirtioDevice {
	all := []qmp.VirtioDevice{}
	b.Functions(func(functions []vmm.Function) {
		for _, f := range slices.Backward(functions) {
			all = append(all, qmp.VirtioDevice{Path: b.virtioPath(f), Name: typeNames[f.Transport.Snapshot().Info.ID]})
		}
	})
	return all
}

// virtioPath is where QEMU has the virtio device inside of a function on PCI.
func (b *backend) virtioPath(f vmm.Function) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.assembly.Path(f.Device.Device) + backendSuffix
}

// onVirtio calls f with the device at a path; as in QEMU its end is enough if only one has it.
func (b *backend) onVirtio(path string, f func(vmm.Function) error) error {
	err := qmp.ErrNoVirtio(path)
	b.Functions(func(functions []vmm.Function) {
		for _, function := range functions {
			if full := b.virtioPath(function); path == full || path != "" && strings.HasSuffix(full, "/"+path) {
				err = f(function)
				return
			}
		}
	})
	return err
}

// VirtioStatus is x-query-virtio-status.
func (b *backend) VirtioStatus(path string) (s qmp.VirtioStatus, err error) {
	running := !b.Paused()
	err = b.onVirtio(path, func(f vmm.Function) error {
		t := f.Transport.Snapshot()
		s = qmp.VirtioStatus{
			Name: typeNames[t.Info.ID], DeviceID: t.Info.ID, DeviceEndian: "little",
			GuestFeatures: featureNames(t.Info.ID, t.Accepted), HostFeatures: featureNames(t.Info.ID, t.Info.Features.Or(t.Info.Legacy)),
			BackendFeatures: featureNames(t.Info.ID, virtio.Features{}),
			NumVQs:          len(t.Queues), Status: statusNames(t.Status), ISR: t.ISR, QueueSel: t.QueueSelect, VMRunning: running,
			Broken: t.Broken, Disabled: t.Disabled, UseStarted: true, Started: t.Started, StartOnKick: t.Legacy && t.Status != 0 && !t.Started,
			UseGuestNotifierMask: true,
		}
		return nil
	})
	return s, err
}

// QueueStatus is x-query-virtio-queue-status.
func (b *backend) QueueStatus(path string, queue uint16) (s qmp.QueueStatus, err error) {
	err = b.onVirtio(path, func(f vmm.Function) error {
		t := f.Transport.Snapshot()
		if int(queue) >= len(t.Queues) || t.Queues[queue].Size == 0 {
			return qmp.ErrNoQueue(queue)
		}
		q := t.Queues[queue]
		avail := q.Position.Avail.Index
		s = qmp.QueueStatus{
			Name: typeNames[t.Info.ID], QueueIndex: queue, VRingNum: int(q.Size), VRingNumDefault: int(q.Default), VRingAlign: 4096,
			VRingDesc: q.Desc, VRingAvail: q.Avail, VRingUsed: q.Used, InUse: int(avail - q.Position.Used.Index),
			LastAvailIdx: &avail, ShadowAvailIdx: &avail, UsedIdx: q.Position.Used.Index, SignalledUsed: q.Position.Used.Index,
		}
		return nil
	})
	return s, err
}

// QueueElement is x-query-virtio-queue-element.
func (b *backend) QueueElement(path string, queue uint16, index *uint16) (e qmp.QueueElement, err error) {
	err = b.onVirtio(path, func(f vmm.Function) error {
		t := f.Transport.Snapshot()
		if int(queue) >= len(t.Queues) || t.Queues[queue].Size == 0 {
			return qmp.ErrNoQueue(queue)
		}
		c, err := f.Transport.Chain(int(queue), index)
		e = queueElement(c)
		e.Name = typeNames[t.Info.ID]
		return err
	})
	return e, err
}

func queueElement(c virtiopci.ChainSnapshot) qmp.QueueElement {
	e := qmp.QueueElement{
		Index: c.Head, Descs: []qmp.Descriptor{}, Avail: qmp.RingAvail{Flags: c.AvailFlags, Idx: c.AvailIdx, Ring: c.Head},
		Used: qmp.RingUsed{Flags: c.UsedFlags, Idx: c.UsedIdx},
	}
	for _, d := range c.Descriptors {
		flags := []string{}
		for bit, name := range descriptorFlags {
			if d.Flags&bit != 0 {
				flags = append(flags, name)
			}
		}
		e.Descs = append(e.Descs, qmp.Descriptor{Addr: d.Addr, Len: d.Len, Flags: flags})
	}
	return e
}

var descriptorFlags = map[uint16]string{virtiopci.DescNext: "next", virtiopci.DescWrite: "write", virtiopci.DescIndirect: "indirect"}
