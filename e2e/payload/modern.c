#include "virtio.h"
#include "pci.h"

struct common_cfg {
    u32 device_feature_select, device_feature, driver_feature_select, driver_feature;
    u16 msix_config, num_queues;
    u8  device_status, config_generation;
    u16 queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
    u32 queue_desc[2], queue_driver[2], queue_device[2];
};
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3 };

static volatile struct common_cfg *common;
static u64 notify_base;
static u32 notify_multiplier;

static void probe(int slot)
{
    for (int cap = pci_capability(slot, 9, 0); cap; cap = pci_capability(slot, 9, cap)) {
        int type = pci_read8(slot, cap + 3), bar = pci_read8(slot, cap + 4);
        if (pci_bar_is_io(slot, bar))
            continue; /* a second notify capability may offer ports; memory serves */
        u64 at = pci_bar(slot, bar) + pci_read(slot, cap + 8);
        if (type == CAP_COMMON)
            common = (void *)at;
        else if (type == CAP_ISR)
            modern.isr_address = at;
        else if (type == CAP_NOTIFY) {
            notify_base = at;
            notify_multiplier = pci_read(slot, cap + 16);
        }
    }
    if (!common || !notify_base || !modern.isr_address)
        fail("the function lacks modern virtio capabilities");
}

static u8 get_status(void) { return common->device_status; }
static void set_status(u8 s) { common->device_status = s; }

static u64 device_features(void)
{
    common->device_feature_select = 0;
    u64 low = common->device_feature;
    common->device_feature_select = 1;
    return low | (u64)common->device_feature << 32;
}

static void accept(u64 f)
{
    common->driver_feature_select = 0;
    common->driver_feature = f;
    common->driver_feature_select = 1;
    common->driver_feature = f >> 32;
    set_status(get_status() | 8);
    if (!(get_status() & 8))
        fail("the device refuses the features");
}

static void address(volatile u32 *reg, volatile void *p)
{
    reg[0] = (u64)p;
    reg[1] = (u64)p >> 32;
}

static u16 queue_setup(struct queue *q, u16 size, u16 vector)
{
    common->queue_select = q->index;
    u16 most = common->queue_size;
    if (size && size < most)
        common->queue_size = size;
    queue_place(q, common->queue_size);
    common->queue_msix_vector = vector;
    address(common->queue_desc, q->desc);
    address(common->queue_driver, q->avail);
    address(common->queue_device, q->used);
    q->notify = notify_base + (u64)common->queue_notify_off * notify_multiplier;
    q->notify_is_port = 0;
    common->queue_enable = 1;
    return q->size;
}

struct transport modern = { "modern", probe, get_status, set_status, device_features, accept, queue_setup, 4 };
