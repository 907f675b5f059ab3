#include "interrupts.h"
#include "pci.h"

#define MSI_VECTOR  0x40
#define INTX_VECTOR 0x50
#define TICK_VECTOR 0x51
#define HALT_VECTOR 0x52
#define LAPIC       0xfee00000ul
#define IOAPIC      0xfec00000ul

extern u64 idt[];
extern char msi_handler[], intx_handler[], halt_handler[], second_cpu[], second_cpu_end[];
extern u32 isr_port;
extern u64 isr_address;

static void gate(int vector, char *handler)
{
    u64 at = (u64)handler;
    idt[vector * 2] = (at & 0xffff) | 8ul << 16 | 0x8eul << 40 | (at >> 16 & 0xffff) << 48;
    idt[vector * 2 + 1] = at >> 32;
}

void interrupts_on(void)
{
    *(volatile u32 *)(LAPIC + 0xf0) = 0x1ff; /* software enable, spurious vector 0xff */
    *(volatile u32 *)(LAPIC + 0x80) = 0;     /* accept every priority */
}

static volatile u32 *table;

void msix_on(int slot, int vectors)
{
    int cap = pci_capability(slot, 0x11, 0);
    if (!cap)
        fail("no MSI-X capability");
    u32 where = pci_read(slot, cap + 4);
    table = (u32 *)(pci_bar(slot, where & 7) + (where & ~7u));
    for (int v = 0; v < vectors; v++) {
        gate(MSI_VECTOR + v, msi_handler);
        table[v * 4 + 0] = LAPIC;
        table[v * 4 + 1] = 0;
        table[v * 4 + 2] = MSI_VECTOR + v;
        table[v * 4 + 3] = 0;
    }
    pci_write(slot, cap, (pci_read(slot, cap) & 0x3fffffff) | 0x80000000);
}

void msix_mask(int v, int masked)
{
    table[v * 4 + 3] = masked;
}

static void ioapic_write(u32 reg, u32 v)
{
    *(volatile u32 *)IOAPIC = reg;
    *(volatile u32 *)(IOAPIC + 0x10) = v;
}

void intx_on(int slot, u16 port, u64 address)
{
    if (port)
        isr_port = port;
    else
        isr_address = address;
    gate(INTX_VECTOR, intx_handler);
    int gsi = pci_read8(slot, 0x3c); /* where firmware routed the pin */
    ioapic_write(0x10 + gsi * 2 + 1, 0);
    ioapic_write(0x10 + gsi * 2, INTX_VECTOR | 1 << 15); /* level, active high, not masked */
}

void timer_on(u16 divisor)
{
    gate(TICK_VECTOR, msi_handler);
    ioapic_write(0x10 + 2 * 2 + 1, 0);
    ioapic_write(0x10 + 2 * 2, TICK_VECTOR);
    outb(0x43, 0x34); /* counter 0, both bytes, rate generator */
    outb(0x40, divisor);
    outb(0x40, divisor >> 8);
}

static void send_ipi(u32 to, u32 command)
{
    *(volatile u32 *)(LAPIC + 0x310) = to << 24;
    *(volatile u32 *)(LAPIC + 0x300) = command;
}

void halt(void)
{
    interrupts_on();
    gate(HALT_VECTOR, halt_handler);
    send_ipi(0, 1 << 18 | HALT_VECTOR); /* to itself */
    for (;;)
        pause();
}

int second_cpu_runs(void)
{
    enum { PAGE = 0x8000, ALIVE = PAGE + 0x80 };
    memcpy((void *)PAGE, second_cpu, second_cpu_end - second_cpu);
    interrupts_on();
    send_ipi(1, 0x4500);              /* INIT */
    send_ipi(1, 0x4600 | PAGE >> 12); /* start-up */
    for (u64 t = rdtsc() + 5000 * tsc_khz(); rdtsc() < t;)
        if (*(volatile u8 *)ALIVE)
            return 1;
    return 0;
}
