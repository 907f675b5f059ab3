package boot

import "io"

// Page-table entry bits (Intel SDM 3A, table 4-17).
const (
	ptePresent = 1 << 0
	pteWrite   = 1 << 1
	pteLarge   = 1 << 7 // 2 MiB, in a page directory
)

// identityGiB is how much the page tables map. All that the boot protocols name is below 4 GiB.
const identityGiB = 4

// putPageTables maps the lowest 4 GiB to themselves with 2 MiB pages: one PML4, one page-directory-pointer table, and a
// page directory for each GiB, page after page from pageTableAddr.
func putPageTables(mem io.WriterAt) error {
	t := make([]byte, (2+identityGiB)*pageSize)
	le.PutUint64(t, pageTableAddr+pageSize|ptePresent|pteWrite)
	for i := range uint64(identityGiB) {
		le.PutUint64(t[pageSize+i*8:], pageTableAddr+(2+i)*pageSize|ptePresent|pteWrite)
	}
	for i := range uint64(identityGiB * 512) {
		le.PutUint64(t[2*pageSize+i*8:], i<<21|ptePresent|pteWrite|pteLarge)
	}
	return put(mem, pageTableAddr, t, "page tables")
}
