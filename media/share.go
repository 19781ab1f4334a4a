package media

import "time"

const (
	maxPortions = 8 << 10          // packets that wait for a client
	unreadFor   = 15 * time.Second // after which a client that takes nothing of much that waits is ended
	unreadMuch  = 1 << 20          // bytes
)

// share divides the bytes that may wait for a client among those who send them: each may have as many there as are free.
// So whoever sends more than the client's line carries loses packets of their own and nobody else's, and ends nobody.
type share struct {
	put   uint64         // bytes queued since the beginning
	taken uint64         // of them, those that the client has received
	moved time.Time      // when it last did, or had nothing to receive
	head  uint64         // where the first packet that waits begins
	queue []portion      // in order
	of    map[string]int // bytes that wait, by sender
}

// portion is a packet that waits.
type portion struct {
	from string
	size int
}

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
		if s.of[first.from] -= first.size; s.of[first.from] <= 0 {
			delete(s.of, first.from)
		}
	}
}

// admit says whether a packet of somebody may wait, and notes that it does.
func (s *share) admit(from string, size, waiting int) bool {
	if s.of[from]+size > mostBehind-waiting || len(s.queue) >= maxPortions {
		return false
	}
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.put += uint64(size)
	s.of[from] += size
	s.queue = append(s.queue, portion{from, size})
	return true
}

// unread says whether the client has taken nothing for long of much that waits.
func (s *share) unread(waiting int, now time.Time) bool {
	return waiting > unreadMuch && now.Sub(s.moved) > unreadFor
}
