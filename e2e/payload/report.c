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
    print_kv("irqs", irq_count + irq_count_port);
    print_kv("sum", r->sum);
    print("\n");
}

static int news(struct queue *q)
{
    return *(volatile u16 *)&q->used->idx != q->used_idx;
}

void want_interrupt(struct queue *q)
{
    if (!q->event_idx)
        return;
    q->avail->ring[q->size] = q->used_idx; /* used_event stands behind the available ring */
    fence();
    q->missed = news(q);
}

/* With interrupts on, a driver looks at its ring only when one came: a lost interrupt shows as a lost frame. */
int wait_used(struct device *d, struct queue *q)
{
    u64 now = *q->irqs;
    if (d->irq && now == q->irqs_seen && !q->missed)
        return 0;
    q->irqs_seen = now;
    q->missed = 0;
    return news(q);
}
