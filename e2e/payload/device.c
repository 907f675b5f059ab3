#include "virtio.h"
#include "pci.h"
#include "interrupts.h"

enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4 };

static u64 wanted(struct device *d)
{
    u64 f = d->t == &modern ? BIT(VERSION_1) : 0;
    if (option("mrg", 1))
        f |= BIT(NET_MRG_RXBUF);
    if (option("gso", 1))
        f |= BIT(NET_CSUM) | BIT(NET_GUEST_CSUM) | BIT(NET_GUEST_TSO4) | BIT(NET_GUEST_TSO6) | BIT(NET_HOST_TSO4) |
             BIT(NET_HOST_TSO6);
    if (option("event", 0))
        f |= BIT(RING_EVENT_IDX);
    return f;
}

static void negotiate(struct device *d)
{
    d->t->set_status(0);
    while (d->t->get_status())
        pause();
    d->t->set_status(ACKNOWLEDGE);
    d->t->set_status(ACKNOWLEDGE | DRIVER);
    d->offered = d->t->device_features();
    d->features = d->offered & wanted(d);
    d->t->accept(d->features);
    d->header = d->features & (BIT(VERSION_1) | BIT(NET_MRG_RXBUF)) ? 12 : 10;
}

static void setup_queue(struct device *d, struct queue *q, u16 index, u16 size)
{
    q->index = index;
    q->desc = (void *)(RINGS + d->memory + index * RING_ROOM);
    q->irqs = d->irq == 2 && d->t == &legacy ? &irq_count_port : &irq_count;
    q->event_idx = !!(d->features & BIT(RING_EVENT_IDX));
    if (!d->t->queue_setup(q, size, d->irq == 1 ? index : 0xffff))
        fail("a queue of size 0");
    q->avail->flags = d->irq ? 0 : 1; /* a driver that polls wants no interrupts */
}

void device_find(struct device *d, int unit)
{
    d->slot = -1;
    for (int i = 0; i <= unit; i++)
        if ((d->slot = pci_find(0x1af4, 0x1000, 0x107f, d->slot)) < 0)
            fail("too few virtio functions on PCI bus 0");
    d->memory = option("rings", RINGS) - RINGS + unit * 0x6000000ul;
    d->pool = option("pool", POOL) + unit * 0x6000000ul;
    d->t = has("legacy") ? &legacy : &modern;
    d->irq = option("irq", 0);
}

void device_open(struct device *d)
{
    int slot = d->slot;
    pci_enable(slot);
    d->t->probe(slot);
    if (d->irq)
        interrupts_on();
    if (d->irq == 1)
        msix_on(slot, 2);
    if (d->irq == 2)
        intx_on(slot, d->t->isr_port, d->t->isr_address);
    negotiate(d);
    setup_queue(d, &d->rx, 0, option("qsz", 0));
    setup_queue(d, &d->tx, 1, option("tqsz", 0));
}

void device_report(struct device *d)
{
    print(d->t->name);
    print(" features dev 0x");
    print_hex(d->offered);
    print(" used 0x");
    print_hex(d->features);
    print_kv(" hdr", d->header);
    print_kv("rxq", d->rx.size);
    print_kv("txq", d->tx.size);
    print("\n");
}

/* A guest may move a BAR while its device works. The notification addresses move along; frames must not stop. */
void device_move(struct device *d)
{
    u64 by = pci_move_bar(d->slot, d->t->bar);
    d->t->probe(d->slot);
    d->rx.notify += by;
    d->tx.notify += by;
    if (d->irq == 2)
        intx_on(d->slot, d->t->isr_port, d->t->isr_address);
}

void device_start(struct device *d)
{
    d->t->set_status(d->t->get_status() | DRIVER_OK);
}
