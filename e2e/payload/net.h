/* What the payload does with a NIC. */
#ifndef NET_H
#define NET_H
#include "virtio.h"

struct row { u64 frames, bytes, cycles, kicks, empty, buffers, merged, sum; };

void report(const char *name, const struct row *r); /* one line: microseconds, frames, bytes, rates, kicks, buffers */
int  wait_used(struct device *d, struct queue *q);  /* one look: whether there is something new; takes the interrupt that says so */
void want_interrupt(struct queue *q);               /* after a look: the next used element shall interrupt */

void receive_post(struct device *d);   /* fills the receive ring */
void receive_run(struct device *d);    /* the "rx" job: counts frames */
void transmit_run(struct device *d);   /* the "tx" job: sends frames as fast as they go */
void echo_run(struct device *d);       /* the "echo" job: sends each frame back, addresses swapped */
void pair_run(struct device *d, struct device *e); /* the same with two devices in turns */
#endif
