package rtc

import "time"

// isTime says whether a register shows the time.
func isTime(reg byte) bool {
	switch reg {
	case regSeconds, regMinutes, regHours, regWeekday, regDay, regMonth, regYear, regCentury:
		return true
	}
	return false
}

// time is the guest's time.
func (c *Clock) time() time.Time { return c.now().Add(c.offset) }

// latch brings the registers to the present, unless the guest is setting them.
func (c *Clock) latch() {
	if c.ram[regB]&setting == 0 {
		c.show(c.time())
	}
}

// setMode writes B. SET freezes the registers; its end makes what was written the time.
func (c *Clock) setMode(v byte) {
	c.latch()
	was := c.ram[regB]
	c.ram[regB] = v
	if was&setting != 0 && v&setting == 0 {
		// What was written is in the format of before, if the guest changes both at once.
		c.ram[regB] = was &^ setting
		c.adjust()
		c.ram[regB] = v
	}
}

// adjust makes what the registers show the time. While SET is on nothing moves yet.
func (c *Clock) adjust() {
	if c.ram[regB]&setting != 0 {
		return
	}
	year := c.decode(c.ram[regCentury])*100 + c.decode(c.ram[regYear])
	now := c.now()
	t := time.Date(year, time.Month(c.decode(c.ram[regMonth])), c.decode(c.ram[regDay]),
		c.hour(), c.decode(c.ram[regMinutes]), c.decode(c.ram[regSeconds]), c.time().Nanosecond(), now.Location())
	c.offset = t.Sub(now)
}

// show puts t into the registers.
func (c *Clock) show(t time.Time) {
	c.ram[regSeconds] = c.encode(t.Second())
	c.ram[regMinutes] = c.encode(t.Minute())
	c.ram[regHours] = c.encodeHour(t.Hour())
	c.ram[regWeekday] = c.encode(int(t.Weekday()) + 1)
	c.ram[regDay] = c.encode(t.Day())
	c.ram[regMonth] = c.encode(int(t.Month()))
	c.ram[regYear] = c.encode(t.Year() % 100)
	c.ram[regCentury] = c.encode(t.Year() / 100)
}

// encode is BCD or binary, as B says.
func (c *Clock) encode(v int) byte {
	if c.ram[regB]&binary != 0 {
		return byte(v)
	}
	return byte(v/10<<4 | v%10)
}

func (c *Clock) decode(b byte) int {
	if c.ram[regB]&binary != 0 {
		return int(b)
	}
	return int(b>>4)*10 + int(b&0x0f)
}

// encodeHour is an hour of 24, or one of 1 to 12 with a bit for the afternoon.
func (c *Clock) encodeHour(h int) byte {
	if c.ram[regB]&hours24 != 0 {
		return c.encode(h)
	}
	b := c.encode((h+11)%12 + 1)
	if h >= 12 {
		b |= pmHour
	}
	return b
}

func (c *Clock) hour() int {
	b := c.ram[regHours]
	if c.ram[regB]&hours24 != 0 {
		return c.decode(b)
	}
	h := c.decode(b&^pmHour) % 12
	if b&pmHour != 0 {
		h += 12
	}
	return h
}
