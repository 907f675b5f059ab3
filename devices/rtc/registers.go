package rtc

// Ports of the device: index at +0, data at +1.
const (
	Port  = 0x70
	Ports = 2
)

// Registers of the clock.
const (
	regSeconds = 0x00
	regMinutes = 0x02
	regHours   = 0x04
	regWeekday = 0x06 // 1 is Sunday
	regDay     = 0x07
	regMonth   = 0x08
	regYear    = 0x09
	regA       = 0x0a
	regB       = 0x0b
	regC       = 0x0c
	regD       = 0x0d
	regCentury = 0x32 // FADT may name it
)

const (
	updating = 1 << 7 // A, UIP: the time changes within updateTime

	setting  = 1 << 7 // B, SET: the time stands still while it is written
	binary   = 1 << 2 // B, DM: binary, not BCD
	hours24  = 1 << 1 // B
	pmHour   = 1 << 7 // of the hour register in 12 hour mode
	validRAM = 1 << 7 // D, VRT: the battery is good
)

// Where firmware looks for memory, as QEMU's pc_cmos_init fills it.
const (
	regEquipment = 0x14
	regBaseKiB   = 0x15
	regAbove1M   = 0x17 // KiB, at most 64 MiB less one
	regAbove1M2  = 0x30 // the same again
	regAbove16M  = 0x34 // 64 KiB units, below 4 GiB
	regAbove4G   = 0x5b // 64 KiB units, three bytes
)
