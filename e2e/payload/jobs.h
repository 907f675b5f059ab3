/* Jobs that are not about a NIC's data, and the ways out. */
#ifndef JOBS_H
#define JOBS_H
#include "virtio.h"

void talk_run(const char *greeting); /* answers on the serial port: letters come back in upper case, '.' ends it, '!' resets */
void timer_run(void);               /* waits for ten ticks of the 8254 */
void smp_run(void);                 /* starts a second CPU */
void exits_run(void);               /* `count` writes of the POST port, timed */
void fuzz_run(struct device *d);    /* writes random values to wherever a driver can, for `secs` */
void leave(void) __attribute__((noreturn)); /* as end= says: see leave.c */
#endif
