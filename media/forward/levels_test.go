package forward

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestLevels(t *testing.T) {
	const window = 400 * time.Millisecond
	for name, c := range map[string]struct {
		id      uint8
		packets int
		level   byte
		speaks  bool
	}{
		"speech":                  {1, 20, 20, true},
		"speech with the bit set": {1, 20, 20 | 0x80, true},
		"just long enough":        {1, 8, 20, true},
		"too short":               {1, 7, 20, false},
		"just loud enough":        {1, 20, loudness, true},
		"too quiet":               {1, 20, loudness + 1, false},
		"silence":                 {1, 20, 127, false},
		"without the extension":   {0, 20, 20, false},
		"with another one":        {2, 20, 20, false},
	} {
		l := Levels{id: c.id}
		for range c.packets {
			h := &rtp.Header{}
			if err := h.SetExtension(1, []byte{c.level}); err != nil {
				t.Fatal(err)
			}
			l.Observe(h)
		}
		if got := l.Take(window); (got > 0) != c.speaks || got > 1 {
			t.Errorf("%s: level %v", name, got)
		}
		if got := l.Take(window); got != 0 {
			t.Errorf("%s: afterwards %v", name, got)
		}
	}
}
