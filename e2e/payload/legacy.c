#include "virtio.h"
#include "pci.h"

enum { DEVICE_FEATURES = 0, DRIVER_FEATURES = 4, QUEUE_PFN = 8, QUEUE_NUM = 12, QUEUE_SELECT = 14, QUEUE_NOTIFY = 16,
       STATUS = 18, ISR = 19, CONFIG_VECTOR = 20, QUEUE_VECTOR = 22 };

static u16 base;

static void probe(int slot)
{
    if (!pci_bar_is_io(slot, 0))
        fail("the function has no legacy registers");
    base = pci_bar(slot, 0);
    legacy.isr_port = base + ISR;
}

static u8 get_status(void) { return inb(base + STATUS); }
static void set_status(u8 s) { outb(base + STATUS, s); }
static u64 device_features(void) { return inl(base + DEVICE_FEATURES); }
static void accept(u64 f) { outl(base + DRIVER_FEATURES, f); }

/* The size is the device's (4.1.5.1.3.1); the vector register exists only while MSI-X is on. */
static u16 queue_setup(struct queue *q, u16 size, u16 vector)
{
    outw(base + QUEUE_SELECT, q->index);
    queue_place(q, inw(base + QUEUE_NUM));
    if (vector != 0xffff)
        outw(base + QUEUE_VECTOR, vector);
    outl(base + QUEUE_PFN, (u64)q->desc >> 12);
    q->notify = base + QUEUE_NOTIFY;
    q->notify_is_port = 1;
    return q->size;
}

struct transport legacy = { "legacy", probe, get_status, set_status, device_features, accept, queue_setup, 0 };
