package bot

import (
	"testing"
	"time"
)

// TestTheCountIsForEverybody wants the count to be corrected less often where more people have to receive it.
func TestTheCountIsForEverybody(t *testing.T) {
	t.Parallel()
	for members, want := range map[int]time.Duration{6: progressPause, 150: progressPause, 500: 50 * time.Second} {
		if got := countPause(members); got != want {
			t.Errorf("in a group of %d: %s, want %s", members, got, want)
		}
	}
}
