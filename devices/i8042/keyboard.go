package i8042

// Commands of a keyboard, and its answers.
const (
	keyLEDs     = 0xed
	keyEcho     = 0xee
	keyScanSet  = 0xf0
	keyIdentify = 0xf2
	keyRate     = 0xf3
	keyReset    = 0xff

	keyAck        = 0xfa
	keySelfTest   = 0xaa
	keyID, keyMF2 = 0xab, 0x83
)

// keyboard is an MF2 keyboard that nobody touches.
type keyboard struct {
	parameter byte // the command whose parameter comes next, or 0
	scanSet   byte // 0 means 2, the one at power on
}

// answer is what the keyboard sends back for a byte.
func (k *keyboard) answer(v byte) []byte {
	if command := k.parameter; command != 0 {
		k.parameter = 0
		return k.parameterOf(command, v)
	}
	switch v {
	case keyEcho:
		return []byte{keyEcho}
	case keyLEDs, keyScanSet, keyRate:
		k.parameter = v
	case keyIdentify:
		return []byte{keyAck, keyID, keyMF2}
	case keyReset:
		k.scanSet = 0
		return []byte{keyAck, keySelfTest}
	}
	return []byte{keyAck}
}

// parameterOf takes the second byte of a command. Scan code set 0 asks which one is in use.
func (k *keyboard) parameterOf(command, v byte) []byte {
	if command != keyScanSet {
		return []byte{keyAck}
	}
	if v == 0 {
		return []byte{keyAck, max(k.scanSet, 2)}
	}
	k.scanSet = v
	return []byte{keyAck}
}
