package belenios

import (
	"crypto/subtle"
	"fmt"

	"filippo.io/bigmod"
)

// Secret numbers travel between trustees in decimal form. They are converted in constant time.

// spellSecret is the decimal form of a secret number: for each of its bits the digits are doubled, each by itself.
// How many digits it has shows.
func (s *scalars) spellSecret(x *bigmod.Nat) string {
	b := s.bytes(x)
	defer clear(b)
	digits := make([]byte, len(b)*8/3+1) // a digit is more than three bits
	defer clear(digits)
	for _, octet := range b {
		for bit := 7; bit >= 0; bit-- {
			carry := octet >> bit & 1
			for i := len(digits) - 1; i >= 0; i-- {
				d := digits[i]<<1 | carry
				carry = (d + 6) >> 4 // 1 if d is 10 or more
				digits[i] = d - 10*carry
			}
		}
	}
	from := 0
	for from < len(digits)-1 && digits[from] == 0 {
		from++
	}
	for i := range digits {
		digits[i] += '0'
	}
	return string(digits[from:])
}

// readSecret reads a secret number in decimal form, below q. Only what is malformed shows.
func (s *scalars) readSecret(text string) (*bigmod.Nat, error) {
	if text == "" || len(text) > 1 && text[0] == '0' {
		return nil, fmt.Errorf("secret number: %w", ErrNotCanonical)
	}
	if len(text) > len(s.q.String()) {
		return nil, fmt.Errorf("secret number: %w", ErrNotReduced)
	}
	var bad byte
	ten, x := s.small(10), s.small(0)
	for i := range len(text) {
		d := text[i] - '0'
		bad |= (9-d)>>7 | d>>7 // above 9
		digit := s.small(int(d & 15))
		x.Mul(ten, s.mod).Add(digit, s.mod)
		wipe(digit)
	}
	// what was not below q was reduced on the way and is spelled differently now
	if bad != 0 {
		wipe(x)
		return nil, fmt.Errorf("secret number: %w", ErrNotCanonical)
	}
	if subtle.ConstantTimeCompare([]byte(s.spellSecret(x)), []byte(text)) != 1 {
		wipe(x)
		return nil, ErrNotReduced
	}
	return x, nil
}
