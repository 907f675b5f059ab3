/* Interrupts into ring 0, counted: message-signalled, or INTx through the I/O APIC. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H
#include "base.h"

extern volatile u64 irq_count;         /* MSI-X, the timer, and INTx of a function whose ISR register lies in memory */
extern volatile u64 irq_count_port;    /* INTx of one whose register is a port */

void interrupts_on(void);              /* local APIC up */
void msix_on(int slot, int vectors);   /* entry v sends vector 0x40 + v */
void msix_mask(int v, int masked);     /* of the function that msix_on was called for last */
void timer_on(u16 divisor);            /* the 8254 through pin 2 of the I/O APIC, as ACPI tables have it */
void halt(void) __attribute__((noreturn));
int  second_cpu_runs(void);            /* starts CPU 1 */
void intx_on(int slot, u16 port, u64 address); /* the function's line; where its ISR register is: a port, or an address */
#endif
