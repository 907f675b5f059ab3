/* Interrupts into ring 0, counted: message-signalled, or INTx through the I/O APIC. */
#ifndef INTERRUPTS_H
#define INTERRUPTS_H
#include "base.h"

extern volatile u64 irq_count;

void interrupts_on(void);              /* local APIC up */
void msix_on(int slot, int vectors);   /* entry v sends vector 0x40 + v */
void intx_on(int slot, u16 port, u64 address); /* the function's line; where its ISR register is: a port, or an address */
#endif
