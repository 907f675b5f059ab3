#include "net.h"
#include "interrupts.h"
#include "jobs.h"

static void start(struct device *d)
{
    device_open(d);
    device_report(d);
    if (!has("tx"))
        receive_post(d);
    device_start(d);
    if (!has("tx"))
        queue_publish(&d->rx);
}

static void ready(void)
{
    print("READY\n");
    for (u64 t = rdtsc() + option("wait", 0) * tsc_khz(); rdtsc() < t;)
        pause();
}

static void drive(void)
{
    static struct device d;
    device_find(&d, 0);
    start(&d);
    ready();
    if (has("tx"))
        transmit_run(&d);
    else if (has("echo"))
        echo_run(&d);
    else if (has("fuzz"))
        fuzz_run(&d);
    else
        receive_run(&d);
}

/* Two devices, the second by the legacy interface: each interface keeps the place of its registers once. */
static void drive_pair(void)
{
    static struct device d, e;
    device_find(&d, 0);
    device_find(&e, 1);
    e.t = &legacy;
    start(&d);
    start(&e);
    ready();
    pair_run(&d, &e);
}

/* Called in ring 3. Jobs: rx (as without any), tx, echo, pair, fuzz with a virtio-net device; talk, timer, smp, exits and nothing
 * without one. Options: legacy, mrg= gso= event= irq=0|1|2, qsz= tqsz=, bufsz= rxseg= split=, rings= pool=, len= txseg= batch=,
 * mask, move, secs= n= burst= count= wait= touch= tsc= seed=, and end= for how to leave. */
void cmain(void)
{
    options_load();
    if (has("talk"))
        talk_run("READY\n");
    else if (has("timer"))
        timer_run();
    else if (has("smp"))
        smp_run();
    else if (has("exits"))
        exits_run();
    else if (has("nothing"))
        ready();
    else if (has("pair"))
        drive_pair();
    else
        drive();
    leave();
}
