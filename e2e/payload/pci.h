/* PCI configuration mechanism 1, or ECAM where the host bridge does not answer; base address registers. */
#ifndef PCI_H
#define PCI_H
#include "base.h"

u32  pci_read(int slot, int off);
u8   pci_read8(int slot, int off);
void pci_write(int slot, int off, u32 v);
int  pci_find(u16 vendor, u16 first, u16 last, int after); /* slot of the next function with a device ID in [first, last], or -1 */
int  pci_capability(int slot, int id, int after); /* offset of the next capability with this ID, or 0 */
u64  pci_bar(int slot, int n);                  /* address of a BAR; assigns one if firmware did not */
int  pci_bar_is_io(int slot, int n);
u64  pci_move_bar(int slot, int n);             /* to another address; says by how much */
void pci_enable(int slot);
#endif
