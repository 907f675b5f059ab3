#include "net.h"
#include "interrupts.h"

/* Each received frame goes back as it came, out of the very buffers it came in: the transmit chain names the receive
 * buffers of a merged frame one after the other, behind a header of its own. */

static void swap_addresses(u8 *frame)
{
    for (int i = 0; i < 6; i++) {
        u8 t = frame[i];
        frame[i] = frame[6 + i];
        frame[6 + i] = t;
    }
}

/* The header of what we send: the offload fields of what we got, so that a partial checksum stays one. */
static void link_header(struct device *d, u64 received)
{
    u64 header = HEADERS + d->memory;
    memcpy((void *)header, (void *)received, d->header);
    if (d->header == 12)
        ((struct net_hdr *)header)->num_buffers = 0;
    d->tx.desc[0].addr = header;
    d->tx.desc[0].len = d->header;
}

static void link_piece(struct device *d, u16 *n, u64 at, u32 len)
{
    if (!len)
        return;
    d->tx.desc[*n - 1].flags = DESC_NEXT;
    d->tx.desc[*n - 1].next = *n;
    d->tx.desc[*n].addr = at;
    d->tx.desc[*n].len = len;
    d->tx.desc[*n].flags = 0;
    ++*n;
}

/* Appends what one used element holds beyond `skip`: a receive buffer may itself be a chain. Returns its head. */
static u16 append(struct device *d, u16 *n, u32 skip, u64 *first)
{
    struct queue *q = &d->rx;
    volatile struct used_elem *e = &q->used->ring[q->used_idx++ & (q->size - 1)];
    u16 head = e->id, i = head;
    u32 left = e->len;
    if (first)
        *first = q->desc[i].addr;
    for (;; i = q->desc[i].next) {
        u32 len = q->desc[i].len < left ? q->desc[i].len : left, cut = skip < len ? skip : len;
        link_piece(d, n, q->desc[i].addr + cut, len - cut);
        skip -= cut;
        left -= len;
        if (!left || !(q->desc[i].flags & DESC_NEXT))
            return head;
    }
}

static void send_back(struct device *d, struct row *r)
{
    static u16 heads[1024];
    u16 n = 1, buffers = 1;
    u64 at;
    heads[0] = append(d, &n, d->header, &at);
    if (d->features & BIT(NET_MRG_RXBUF))
        buffers = ((struct net_hdr *)at)->num_buffers;
    for (u16 i = 1; i < buffers; i++)
        heads[i] = append(d, &n, 0, 0);
    link_header(d, at);
    swap_addresses((u8 *)d->tx.desc[1].addr);
    queue_post(&d->tx, 0);
    queue_publish(&d->tx);
    for (; d->tx.used->idx == d->tx.used_idx;)
        pause();
    d->tx.used_idx++;
    for (u16 i = 0; i < buffers; i++)
        queue_post(&d->rx, heads[i]);
    queue_publish(&d->rx);
    r->frames++;
    r->buffers += buffers;
    r->merged += buffers > 1;
}

/* Sends back all that has come. */
static int look(struct device *d, struct row *r)
{
    if (!wait_used(d, &d->rx))
        return 0;
    while (d->rx.used->idx != d->rx.used_idx)
        send_back(d, r);
    want_interrupt(&d->rx);
    return 1;
}

/* A frame that comes while its vector is masked must interrupt once that is over. */
static void mask_a_while(void)
{
    msix_mask(0, 1);
    for (u64 t = rdtsc() + tsc_khz() / 5; rdtsc() < t;)
        pause();
    msix_mask(0, 0);
}

static void idle(struct device *d, struct row *r, u64 *moved)
{
    static int mask = -1, move;
    if (mask < 0)
        mask = has("mask"), move = has("move");
    if (mask)
        mask_a_while();
    if (move && r->frames >= *moved + 3)
        device_move(d), *moved = r->frames;
    pause();
}

void echo_run(struct device *d)
{
    struct row r = { 0 };
    u64 most = option("count", 1), quiet = option("quiet_ms", 10000) * tsc_khz(), begin = rdtsc(), last = begin, moved = 0;
    d->tx.avail->flags = 1; /* transmit completions are polled here: they must not count as receive interrupts */
    while (r.frames < most && rdtsc() - last < quiet)
        if (look(d, &r))
            last = rdtsc();
        else
            idle(d, &r, &moved);
    r.cycles = last - begin;
    report("ECHO", &r);
}

void pair_run(struct device *d, struct device *e)
{
    struct row r = { 0 };
    u64 most = option("count", 1), quiet = option("quiet_ms", 10000) * tsc_khz(), last = rdtsc();
    d->tx.avail->flags = e->tx.avail->flags = 1;
    while (r.frames < most && rdtsc() - last < quiet)
        if (look(d, &r) | look(e, &r))
            last = rdtsc();
    report("PAIR", &r);
}
