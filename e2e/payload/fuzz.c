#include "jobs.h"
#include "net.h"
#include "pci.h"

/* A hostile driver. Descriptors may name any address but those where this program is, so that it lives to go on; whatever the
 * device does meanwhile is right as long as its machine survives. */

static u64 state;

static u64 any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* A number that programs stumble over, or any. */
static u64 odd(void)
{
    static const u64 edges[] = { 0, 1, 2, 0x7f, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
                                 0xfffffff0, 0xffffffff, 0x100000000, ~0ul, ~0ul << 12, POOL, RINGS };
    u64 v = any();
    return v & 1 ? edges[(v >> 8) % (sizeof edges / sizeof *edges)] : any() >> (v >> 8 & 63);
}

static u64 pool(void) { return POOL + (any() & 0x1ffffff); }

static void write_memory(u64 at, u64 v)
{
    switch (any() & 3) {
    case 0: *(volatile u8 *)at = v; break;
    case 1: *(volatile u16 *)at = v; break;
    case 2: *(volatile u32 *)at = v; break;
    case 3: *(volatile u64 *)at = v; break;
    }
}

static void write_port(u16 at, u32 v)
{
    switch (any() & 3) {
    case 0: outb(at, v); break;
    case 1: outw(at, v); break;
    default: outl(at, v); break;
    }
}

static void fuzz_config(struct device *d)
{
    u32 off = any() & 0xff;
    outl(0xcf8, 0x80000000u | d->slot << 11 | (off & 0xfc));
    write_port(0xcfc + (off & 3), odd());
}

static void fuzz_bar(struct device *d)
{
    static const u8 bars[] = { 0, 1, 4 };
    int n = bars[any() % 3];
    u64 at = pci_bar(d->slot, n), off = any() & (n ? 0x3fff : 0x3f);
    if (pci_bar_is_io(d->slot, n))
        write_port((u16)at > 0xc000 ? at + off : 0xc000 + off, odd()); /* not the ports of the platform: one of them resets */
    else if (at >= 0xc0000000 && at < 0xfec00000)
        write_memory(at + off, odd());
}

static void fuzz_ring(struct device *d)
{
    struct queue *q = any() & 1 ? &d->rx : &d->tx;
    u64 v = any();
    volatile struct desc *e = &q->desc[v >> 32 & 255];
    switch (v % 8) {
    case 0: e->addr = any() & 1 ? pool() : odd() | 0x4000000; break;
    case 1: e->len = odd(); break;
    case 2: e->flags = any() & 7; break;
    case 3: e->next = odd(); break;
    case 4: q->avail->idx = q->avail_idx + odd(); break;
    case 5: q->avail->ring[v >> 32 & 255] = odd(); break;
    case 6: q->avail->flags = odd(); break;
    case 7: queue_publish(q); break;
    }
}

/* A chain of one descriptor, as a driver posts it. */
static void post(struct queue *q)
{
    u16 head = any() % q->size;
    q->desc[head].addr = pool();
    q->desc[head].len = 64 + any() % 0x4000;
    q->desc[head].flags = q->index ? 0 : DESC_WRITE;
    queue_post(q, head);
    queue_publish(q);
}

static void fuzz_platform(void)
{
    static const u16 ports[] = { 0x70, 0x71, 0x80, 0x2f8, 0x2f9, 0x2fa, 0x2fb, 0x2fc, 0x600, 0x602, 0x608, 0xafe0, 0xafe2, 0xcf8 };
    outb(ports[any() % (sizeof ports / sizeof *ports)], odd());
}

/* The registers that firmware set: without them the device cannot be found again. */
static u32 saved[16];

static void reopen(struct device *d)
{
    for (int i = 1; i < 16; i++)
        pci_write(d->slot, i * 4, saved[i]);
    device_open(d);
    receive_post(d);
    device_start(d);
    queue_publish(&d->rx);
}

void fuzz_run(struct device *d)
{
    u64 end = rdtsc() + option("secs", 2) * 1000 * tsc_khz(), writes = 0;
    state = option("seed", 1) * 0x9e3779b97f4a7c15ul;
    for (int i = 0; i < 16; i++)
        saved[i] = pci_read(d->slot, i * 4);
    while (rdtsc() < end) {
        reopen(d);
        for (int i = 0; i < 200; i++, writes++)
            switch (any() % 16) {
            case 0: fuzz_platform(); break;
            case 1: fuzz_config(d); break;
            case 2 ... 4: fuzz_bar(d); break;
            case 5 ... 7: post(any() & 1 ? &d->rx : &d->tx); break;
            default: fuzz_ring(d); break;
            }
    }
    print_kv("\nFUZZ writes", writes);
}
