package bot

import (
	"strings"
	"testing"
	"time"
)

// Where no zone is named and the machine has none of its own, a deadline says in which it is.
func TestZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for zone, want := range map[string]string{
		"":              `(?s)^🗳️ Draft: A\?.*\nOpen until 20:15 \(UTC\), or until 60 seconds after the last vote\.\n`,
		"Europe/Berlin": `(?s)^🗳️ Draft: A\?.*\nOpen until 20:15, or until 60 seconds after the last vote\.\n`,
	} {
		w.bot.Config.Zone = zone
		w.bot = New(w.bot.Options)
		w.says("chair", "!vote A? --until 20:15")
		w.expect(want, "group")
		until := time.Date(2026, 3, 1, 20, 15, 0, 0, time.UTC)
		if zone != "" {
			until = until.Add(-time.Hour)
		}
		if p := w.poll(); !p.Terms.Until.Equal(until) {
			t.Errorf("in the zone %q it is until %v", zone, p.Terms.Until)
		}
		w.says("chair", "cancel")
		w.new()
		w.bot.Now = func() time.Time { return w.now }
	}
}

func TestUnknownZone(t *testing.T) {
	t.Parallel()
	for zone, known := range map[string]bool{"": true, "Europe/Berlin": true, "UTC": true, "Berlin": false, "../etc": false} {
		if err := (Config{Zone: zone}).Validate(); (err == nil) != known || err != nil && !strings.HasPrefix(err.Error(), "timezone: ") {
			t.Errorf("%q: %v", zone, err)
		}
	}
}
