#include "net.h"
#include "interrupts.h"

void report(const char *name, const struct row *r)
{
    u64 us = r->cycles * 1000 / tsc_khz();
    print(name);
    print(" ");
    print_kv("us", us);
    print_kv("pkts", r->frames);
    print_kv("bytes", r->bytes);
    print_kv("pps", us ? r->frames * 1000000 / us : 0);
    print_kv("mbps", us ? r->bytes * 8 / us : 0);
    print_kv("nspp", r->frames ? us * 1000 / r->frames : 0);
    print_kv("kicks", r->kicks);
    print_kv("empty", r->empty);
    print_kv("bufs", r->buffers);
    print_kv("merged", r->merged);
    print_kv("irqs", irq_count);
    print_kv("sum", r->sum);
    print("\n");
}

/* Asks for an interrupt at the next used element, then looks once more: one that came in between will not interrupt. */
static int arm(struct queue *q)
{
    q->avail->ring[q->size] = q->used_idx; /* used_event stands behind the available ring */
    fence();
    return *(volatile u16 *)&q->used->idx != q->used_idx;
}

/* With interrupts on, a driver looks at its ring only when one came: a lost interrupt shows as a lost frame. */
int wait_used(struct device *d, struct queue *q)
{
    static u64 seen;
    if (!d->irq)
        return *(volatile u16 *)&q->used->idx != q->used_idx;
    u64 now = irq_count;
    if (now == seen)
        return 0;
    seen = now;
    return q->event_idx ? arm(q) : *(volatile u16 *)&q->used->idx != q->used_idx;
}
