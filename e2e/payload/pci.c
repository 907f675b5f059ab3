#include "pci.h"

static u64 ecam;
static u64 next_mem = 0xc8000000, next_io = 0xc100;

u32 pci_read(int slot, int off)
{
    if (ecam)
        return *(volatile u32 *)(ecam + ((u64)slot << 15) + off);
    outl(0xcf8, 0x80000000u | slot << 11 | off);
    return inl(0xcfc);
}

u8 pci_read8(int slot, int off)
{
    return pci_read(slot, off & ~3) >> (off & 3) * 8;
}

void pci_write(int slot, int off, u32 v)
{
    if (ecam) {
        *(volatile u32 *)(ecam + ((u64)slot << 15) + off) = v;
        return;
    }
    outl(0xcf8, 0x80000000u | slot << 11 | off);
    outl(0xcfc, v);
}

int pci_find(u16 vendor, u16 first, u16 last, int after)
{
    u32 bridge = pci_read(0, 0);
    if (!bridge || bridge == 0xffffffff)
        ecam = option("ecam", 0xe0000000);
    for (int slot = after + 1; slot < 32; slot++) {
        u32 id = pci_read(slot, 0);
        if ((id & 0xffff) == vendor && id >> 16 >= first && id >> 16 <= last)
            return slot;
    }
    return -1;
}

int pci_capability(int slot, int id, int after)
{
    int off = pci_read8(slot, after ? after + 1 : 0x34);
    while (off && pci_read8(slot, off) != id)
        off = pci_read8(slot, off + 1);
    return off;
}

int pci_bar_is_io(int slot, int n)
{
    return pci_read(slot, 0x10 + n * 4) & 1;
}

static u64 assign(u64 *next, u64 size)
{
    u64 address = (*next + size - 1) & ~(size - 1);
    *next = address + size;
    return address;
}

u64 pci_bar(int slot, int n)
{
    int off = 0x10 + n * 4;
    u32 low = pci_read(slot, off);
    int io = low & 1, wide = (low & 7) == 4;
    u64 mask = io ? ~3ul : ~15ul;
    u64 address = low & mask;
    if (wide)
        address |= (u64)pci_read(slot, off + 4) << 32;
    if (address)
        return address;
    pci_write(slot, off, 0xffffffff);
    u32 sized = pci_read(slot, off) & mask;
    if (!sized)
        return 0;
    u32 size = -sized & (io ? 0xffff : 0xffffffff);
    address = io ? assign(&next_io, size) : assign(&next_mem, size < 4096 ? 4096 : size);
    pci_write(slot, off, address);
    if (wide)
        pci_write(slot, off + 4, 0);
    return address;
}

/* Two addresses take turns: that of firmware, and one that is free behind it. Decoding is off meanwhile, as the specification
 * wants it, and bus mastering stays on: a device without it stops. */
u64 pci_move_bar(int slot, int n)
{
    u64 from = pci_bar(slot, n), by = pci_bar_is_io(slot, n) ? 0x1000 : 0x10000000, to = from & by ? from - by : from + by;
    u32 command = pci_read(slot, 4) & 0xffff;
    pci_write(slot, 4, command & ~3u);
    pci_write(slot, 0x10 + n * 4, to);
    pci_write(slot, 4, command);
    return to - from;
}

void pci_enable(int slot)
{
    pci_write(slot, 4, (pci_read(slot, 4) & 0xffff) | 7); /* I/O, memory, bus master; INTx stays on */
}
