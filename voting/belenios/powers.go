package belenios

import "math/big"

// Powers in variable time, for values that everybody may know. Both algorithms are the same in every group.

// steps are what a power is made of. Results go into dst, which may be one of the arguments.
type steps[T any] struct {
	one    func() T // a new identity
	set    func(dst, a T)
	mul    func(dst, a, b T)
	square func(dst, a T)
}

// window is how many bits of an exponent are taken at once. The digits are odd, so half as many buckets are needed.
const (
	window  = 4
	buckets = 1 << (window - 1)
)

// powersOf raises one base to several exponents. The squarings, most of the work, are shared: exponents are read from
// their lower end, and each digit d at bit i puts base^(2^i) into the exponent's bucket for d.
func powersOf[T any](s steps[T], base T, xs []*big.Int) []T {
	longest := 0
	all := make([]*digits[T], len(xs))
	for k, x := range xs {
		all[k] = newDigits[T](x)
		longest = max(longest, x.BitLen())
	}
	current := s.one()
	s.set(current, base)
	for i := range longest {
		if i > 0 {
			s.square(current, current)
		}
		for _, d := range all {
			d.take(s, i, current)
		}
	}
	powers := make([]T, len(xs))
	for k, d := range all {
		powers[k] = d.combine(s)
	}
	return powers
}

// digits is an exponent with what was collected for each of its odd digits.
type digits[T any] struct {
	x      *big.Int
	next   int // the first bit that no digit covers
	filled [buckets]bool
	bucket [buckets]T
}

func newDigits[T any](x *big.Int) *digits[T] { return &digits[T]{x: x} }

// take looks whether a digit begins at bit i.
func (d *digits[T]) take(s steps[T], i int, current T) {
	if i < d.next || d.x.Bit(i) == 0 {
		return
	}
	b := 0
	for j := 1; j < window; j++ {
		b |= int(d.x.Bit(i+j)) << (j - 1)
	}
	d.next = i + window
	if !d.filled[b] {
		d.bucket[b], d.filled[b] = s.one(), true
		s.set(d.bucket[b], current)
		return
	}
	s.mul(d.bucket[b], d.bucket[b], current)
}

// combine multiplies the buckets, each to the power of its digit 2b+1: the square of the product of bucket^b, and every
// bucket once more.
func (d *digits[T]) combine(s steps[T]) T {
	higher, result := s.one(), s.one()
	for b := buckets - 1; b > 0; b-- {
		if d.filled[b] {
			s.mul(higher, higher, d.bucket[b])
		}
		s.mul(result, result, higher)
	}
	s.square(result, result)
	if d.filled[0] {
		s.mul(higher, higher, d.bucket[0])
	}
	s.mul(result, result, higher)
	return result
}

// rows holds base^(d·2^(w·i)) for each digit d > 0 at each place i: a power is then a product of one entry of each row.
type rows[T any] struct {
	width int
	row   [][]T
}

// newRows prepares exponents of so many bits, taken width bits at a time.
func newRows[T any](s steps[T], base T, width, bits int) rows[T] {
	r := rows[T]{width: width}
	first := s.one()
	s.set(first, base)
	for at := 0; at < bits; at += width {
		row := make([]T, 1<<width-1)
		row[0] = first
		for d := 1; d < len(row); d++ {
			row[d] = s.one()
			s.mul(row[d], row[d-1], first)
		}
		r.row = append(r.row, row)
		first = s.one()
		s.mul(first, row[len(row)-1], row[0])
	}
	return r
}

// narrow is the width of rows for a few powers: they are soon made.
const narrow = 4

// widthFor is the width of rows for an election's key: wide, or narrow where there will be so few ballots that making
// wide ones takes longer than they save.
func widthFor(voters, wide int) int {
	if voters < 32 {
		return narrow
	}
	return wide
}

func (r rows[T]) exp(s steps[T], x *big.Int) T {
	result := s.one()
	for i, row := range r.row {
		d := 0
		for j := range r.width {
			d |= int(x.Bit(i*r.width+j)) << j
		}
		if d > 0 {
			s.mul(result, result, row[d-1])
		}
	}
	return result
}
