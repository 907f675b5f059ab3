#include "net.h"

#define TX_POOL 0x8000000ul

/* How frames are sent: `len` bytes each, in descriptors of at most `seg` bytes, the header in the first one; `count` fit. */
static struct { u32 len, seg, chain, count; u64 stride; } shape;

static u16 ip_checksum(const u8 *h)
{
    u32 s = 0;
    for (int i = 0; i < 20; i += 2)
        s += h[i] << 8 | h[i + 1];
    while (s >> 16)
        s = (s & 0xffff) + (s >> 16);
    return ~s;
}

static void put16(u8 *p, u16 v)
{
    p[0] = v >> 8;
    p[1] = v;
}

/* A UDP frame to the host's discard port; TCP with a request to segment when it is longer than a wire takes. */
static void compose(struct device *d, u64 at)
{
    static const u8 ethernet[14] = { 0x52, 0x54, 0, 0xaa, 0xbb, 0x01, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0 };
    static const u8 addresses[8] = { 10, 9, 0, 2, 10, 9, 0, 1 };
    struct net_hdr *h = (void *)at;
    u8 *frame = (u8 *)at + d->header, *ip = frame + 14, *l4 = ip + 20;
    int gso = shape.len > 1514;
    memset((void *)at, 0, d->header + shape.len);
    memcpy(frame, ethernet, sizeof ethernet);
    ip[0] = 0x45;
    put16(ip + 2, shape.len - 14);
    ip[8] = 64;
    ip[9] = gso ? 6 : 17;
    memcpy(ip + 12, addresses, sizeof addresses);
    put16(ip + 10, ip_checksum(ip));
    put16(l4, 5000);
    put16(l4 + 2, gso ? 5001 : 9);
    if (!gso) {
        put16(l4 + 4, shape.len - 34);
        return;
    }
    l4[12] = 0x50;
    l4[13] = 0x10;
    *(volatile u16 *)&h->flags = 1 | 1 << 8; /* NEEDS_CSUM, GSO_TCPV4 */
    h->hdr_len = 54;
    h->gso_size = 1448;
    h->csum_start = 34;
    h->csum_offset = 16;
}

static void describe(struct device *d, u32 i)
{
    u64 at = TX_POOL + i * shape.stride;
    u32 left = d->header + shape.len;
    compose(d, at);
    for (u32 j = 0; j < shape.chain; j++) {
        volatile struct desc *e = &d->tx.desc[i * shape.chain + j];
        u32 len = left < shape.seg ? left : shape.seg;
        e->addr = at;
        e->len = len;
        e->flags = j + 1 < shape.chain ? DESC_NEXT : 0;
        e->next = i * shape.chain + j + 1;
        at += len;
        left -= len;
    }
}

static void plan(struct device *d)
{
    shape.len = option("len", 64);
    shape.seg = option("txseg", 65562);
    u32 total = d->header + shape.len;
    shape.chain = (total + shape.seg - 1) / shape.seg;
    shape.count = d->tx.size / shape.chain;
    shape.stride = (total + 4095) & ~4095ul;
    for (u32 i = 0; i < shape.count; i++)
        describe(d, i);
}

static u16 idle[32768]; /* heads of the chains that are not with the device */
static u32 idle_count;

static u32 reclaim(struct device *d)
{
    struct queue *q = &d->tx;
    u32 n = 0;
    for (u16 used = q->used->idx; q->used_idx != used; n++)
        idle[idle_count++] = q->used->ring[q->used_idx++ & (q->size - 1)].id;
    return n;
}

static void measure(struct device *d, struct row *r)
{
    u64 batch = option("batch", 32), most = option("count", 0), posted = 0;
    u64 kicks = d->tx.kicks, begin = rdtsc(), end = begin + option("secs", 1) * 1000 * tsc_khz();
    while (rdtsc() < end && !(most && r->frames >= most)) {
        u32 done = d->irq && !wait_used(d, &d->tx) ? 0 : reclaim(d), n = 0;
        r->frames += done;
        if (done)
            want_interrupt(&d->tx);
        for (; idle_count && n < batch && !(most && posted >= most); n++, posted++)
            queue_post(&d->tx, idle[--idle_count]);
        if (n)
            queue_publish(&d->tx);
        else if (!done)
            r->empty++, pause();
    }
    r->cycles = rdtsc() - begin;
    r->bytes = r->frames * shape.len;
    r->buffers = r->frames * shape.chain;
    r->kicks = d->tx.kicks - kicks;
}

void transmit_run(struct device *d)
{
    plan(d);
    idle_count = 0;
    for (u32 i = 0; i < shape.count; i++)
        idle[idle_count++] = i * shape.chain;
    for (u64 n = option("n", 5); n--;) {
        struct row r = { 0 };
        measure(d, &r);
        report("TX", &r);
    }
}
