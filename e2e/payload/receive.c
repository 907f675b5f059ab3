#include "net.h"

/* How the receive ring is filled: buffers of `size` bytes, each a chain of `chain` descriptors of at most `seg` bytes; with
 * split=1 the header has a descriptor of its own. */
static struct { u32 size, seg, chain, count, split; u64 stride; } shape;

static void plan(struct device *d)
{
    int mrg = !!(d->features & BIT(NET_MRG_RXBUF)), gso = !!(d->features & BIT(NET_GUEST_TSO4));
    shape.size = option("bufsz", mrg ? 4096 : gso ? 65550 + d->header : 1514 + d->header);
    shape.seg = option("rxseg", shape.size);
    shape.split = option("split", 0);
    u32 data = shape.size - (shape.split ? d->header : 0);
    shape.chain = (data + shape.seg - 1) / shape.seg + shape.split;
    shape.count = d->rx.size / shape.chain;
    shape.stride = (shape.size + 63) & ~63ul;
    if (!shape.count)
        fail("a buffer needs more descriptors than the ring has");
}

/* The descriptors of buffer i, from a contiguous piece of memory. */
static void describe(struct device *d, u32 i)
{
    u64 at = d->pool + i * shape.stride;
    u32 left = shape.size;
    for (u32 j = 0; j < shape.chain; j++) {
        volatile struct desc *e = &d->rx.desc[i * shape.chain + j];
        u32 len = shape.split && !j ? d->header : left < shape.seg ? left : shape.seg;
        e->addr = at;
        e->len = len;
        e->flags = DESC_WRITE | (j + 1 < shape.chain ? DESC_NEXT : 0);
        e->next = i * shape.chain + j + 1;
        at += len;
        left -= len;
    }
}

void receive_post(struct device *d)
{
    plan(d);
    for (u32 i = 0; i < shape.count; i++) {
        for (u64 off = 0; off < shape.size; off += 4096)
            *(volatile u64 *)(d->pool + i * shape.stride + off) = 0; /* first touches are dear: not while we measure */
        describe(d, i);
        queue_post(&d->rx, i * shape.chain);
    }
    d->rx.avail->idx = d->rx.avail_idx;
}

static u64 sum_bytes(u64 at, u32 n)
{
    u64 s = 0;
    for (u32 i = 0; i < n; i++)
        s += ((volatile u8 *)at)[i];
    return s;
}

static u64 sum_lines(u64 at, u32 n)
{
    u64 s = 0;
    for (u32 i = 0; i < n; i += 64)
        s += *(volatile u64 *)(at + i);
    return s;
}

static u64 touch(int how, u64 at, u32 n)
{
    return how == 3 ? sum_bytes(at, n) : how == 2 ? sum_lines(at, n) : how == 1 ? *(volatile u64 *)at : 0;
}

/* Takes one used element; gives its buffer back at once. */
static u64 take(struct device *d, u32 *len)
{
    struct queue *q = &d->rx;
    volatile struct used_elem *e = &q->used->ring[q->used_idx++ & (q->size - 1)];
    u32 id = e->id;
    *len = e->len;
    queue_post(q, id);
    return d->rx.desc[id].addr;
}

/* One frame, over as many buffers as its header says. All of them must be there: they are used together (5.1.9.4.1). */
static void frame(struct device *d, struct row *r, int how)
{
    u32 len, buffers = 1;
    u64 at = take(d, &len);
    if (d->features & BIT(NET_MRG_RXBUF))
        buffers = ((struct net_hdr *)at)->num_buffers;
    if (!buffers)
        fail("num_buffers is 0");
    r->frames++;
    r->buffers += buffers;
    r->merged += buffers > 1;
    r->bytes += len - d->header;
    r->sum += touch(how, at + d->header, len - d->header);
    for (u32 i = 1; i < buffers; i++) {
        if (d->rx.used->idx == d->rx.used_idx)
            fail("a frame with fewer used buffers than num_buffers");
        at = take(d, &len);
        r->bytes += len;
        r->sum += touch(how, at, len);
    }
}

/* Receives until `burst` frames came, or for `secs`; a burst also ends when nothing came for a while. */
static void measure(struct device *d, struct row *r)
{
    u64 burst = option("burst", 0), span = option("secs", 1) * 1000 * tsc_khz(), how = option("touch", 0);
    u64 quiet = option("quiet_ms", burst ? 1000 : 10000) * tsc_khz();
    u64 kicks = d->rx.kicks, begin, last;
    for (u64 t = rdtsc() + quiet; *(volatile u16 *)&d->rx.used->idx == d->rx.used_idx && rdtsc() < t;)
        pause();
    begin = last = rdtsc();
    while (burst ? r->frames < burst : last - begin < span) {
        u64 now = rdtsc();
        if (!wait_used(d, &d->rx)) {
            r->empty++;
            pause();
            if (now - last > quiet || (!burst && now - begin >= span))
                break;
            continue;
        }
        for (u16 n = d->rx.used->idx - d->rx.used_idx; n && (short)(d->rx.used->idx - d->rx.used_idx) > 0; n--) {
            barrier();
            frame(d, r, how);
        }
        queue_publish(&d->rx);
        want_interrupt(&d->rx);
        last = rdtsc();
    }
    r->cycles = last - begin;
    r->kicks = d->rx.kicks - kicks;
}

void receive_run(struct device *d)
{
    for (u64 n = option("n", 5); n--;) {
        struct row r = { 0 };
        measure(d, &r);
        report("RX", &r);
    }
}
