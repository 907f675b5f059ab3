#include "net.h"

/* Called in ring 3. Options: rx|tx|echo, legacy, mrg= gso= event= irq=0|1|2, qsz= tqsz=, bufsz= rxseg= split=, len= txseg= batch=,
 * secs= n= burst= count= wait= touch= tsc=. */
void cmain(void)
{
    static struct device d;
    options_load();
    device_open(&d);
    if (!has("tx"))
        receive_post(&d);
    device_start(&d);
    if (!has("tx"))
        queue_publish(&d.rx);
    print("READY\n");
    for (u64 t = rdtsc() + option("wait", 0) * tsc_khz(); rdtsc() < t;)
        pause();
    if (has("tx"))
        transmit_run(&d);
    else if (has("echo"))
        echo_run(&d);
    else
        receive_run(&d);
    finish(0);
}
