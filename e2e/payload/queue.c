#include "virtio.h"

/* The legacy layout (2.7.2) serves modern devices too: descriptors, available ring, and used ring on the next page. */
void queue_place(struct queue *q, u16 size)
{
    u64 base = (u64)q->desc;
    memset((void *)base, 0, RING_ROOM);
    u64 avail = base + size * sizeof(struct desc);
    q->size = size;
    q->avail = (void *)avail;
    q->used = (void *)((avail + 6 + 2 * size + 4095) & ~4095ul);
    q->avail_idx = q->used_idx = 0;
    q->kicks = 0;
    q->irqs_seen = q->missed = 0;
}

void queue_post(struct queue *q, u16 head)
{
    q->avail->ring[q->avail_idx & (q->size - 1)] = head;
    q->avail_idx++;
}

static int wants_kick(struct queue *q, u16 old)
{
    if (!q->event_idx)
        return !(q->used->flags & 1);
    u16 event = q->used->ring[q->size].id; /* avail_event stands behind the used ring; its low half is the index */
    return (u16)(q->avail_idx - event - 1) < (u16)(q->avail_idx - old);
}

void queue_publish(struct queue *q)
{
    u16 old = q->avail->idx;
    barrier();
    q->avail->idx = q->avail_idx;
    fence();
    if (!wants_kick(q, old))
        return;
    q->kicks++;
    if (q->notify_is_port)
        outw(q->notify, q->index);
    else
        *(volatile u16 *)q->notify = q->index;
}
