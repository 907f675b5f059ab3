#include "interrupts.h"
#include "pci.h"

#define MSI_VECTOR  0x40
#define INTX_VECTOR 0x50
#define LAPIC       0xfee00000ul
#define IOAPIC      0xfec00000ul

extern u64 idt[];
extern char msi_handler[], intx_handler[];
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

void msix_on(int slot, int vectors)
{
    int cap = pci_capability(slot, 0x11, 0);
    if (!cap)
        fail("no MSI-X capability");
    u32 where = pci_read(slot, cap + 4);
    volatile u32 *table = (u32 *)(pci_bar(slot, where & 7) + (where & ~7u));
    for (int v = 0; v < vectors; v++) {
        gate(MSI_VECTOR + v, msi_handler);
        table[v * 4 + 0] = LAPIC;
        table[v * 4 + 1] = 0;
        table[v * 4 + 2] = MSI_VECTOR + v;
        table[v * 4 + 3] = 0;
    }
    pci_write(slot, cap, (pci_read(slot, cap) & 0x3fffffff) | 0x80000000);
}

static void ioapic_write(u32 reg, u32 v)
{
    *(volatile u32 *)IOAPIC = reg;
    *(volatile u32 *)(IOAPIC + 0x10) = v;
}

void intx_on(int slot, u16 port, u64 address)
{
    isr_port = port;
    isr_address = address;
    gate(INTX_VECTOR, intx_handler);
    int gsi = pci_read8(slot, 0x3c); /* where firmware routed the pin */
    ioapic_write(0x10 + gsi * 2 + 1, 0);
    ioapic_write(0x10 + gsi * 2, INTX_VECTOR | 1 << 15); /* level, active high, not masked */
}
