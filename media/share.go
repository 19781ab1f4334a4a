package media

import "time"

const (
	leastPortion = 1 << 10          // bytes for which a packet that waits is counted at least
	unreadFor    = 15 * time.Second // after which a client that takes nothing of much that waits is ended
	unreadMuch   = 1 << 20          // bytes
)

// share divides the bytes that may wait for a client among those who send them: each may have as many there as are free.
// So whoever sends more than the client's line carries loses packets of their own and nobody else's, and ends nobody.
type share struct {
	put   uint64         // bytes queued since the beginning
	taken uint64         // of them, those that the client has received
	moved time.Time      // when it last did, or had nothing to receive
	head  uint64         // where the first packet that waits begins
	queue []portion      // in order
	of    map[string]int // what is counted for those that wait, by sender
	sum   int            // of that
}

// portion is a packet that waits.
type portion struct {
	from string
	size int
}

// counts is for how many bytes it is counted: many small packets are a burden, too.
func (p portion) counts() int { return max(p.size, leastPortion) }

// settle follows how many bytes still wait.
func (s *share) settle(waiting int, now time.Time) {
	taken := s.put - min(s.put, uint64(waiting))
	if taken > s.taken || waiting == 0 {
		s.moved = now
	}
	s.taken = max(s.taken, taken)
	for len(s.queue) > 0 && s.head+uint64(s.queue[0].size) <= s.taken {
		first := s.queue[0]
		s.head += uint64(first.size)
		s.queue = s.queue[1:]
		s.sum -= first.counts()
		if s.of[first.from] -= first.counts(); s.of[first.from] <= 0 {
			delete(s.of, first.from)
		}
	}
}

// admit says whether a packet of somebody may wait, and notes that it does.
func (s *share) admit(from string, size, waiting int) bool {
	p := portion{from, size}
	if s.of[from]+p.counts() > mostBehind-max(waiting, s.sum) {
		return false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.put += uint64(size)
	s.sum += p.counts()
	s.of[from] += p.counts()
	s.queue = append(s.queue, p)
	return true
}

// unread says whether the client has taken nothing for long of much that waits.
func (s *share) unread(waiting int, now time.Time) bool {
	return waiting > unreadMuch && now.Sub(s.moved) > unreadFor
}
