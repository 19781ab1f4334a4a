package bot

import (
	"strings"
	"testing"
	"time"
)

// TestLateAnswers lets answers arrive out of the order in which they were written.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.now = w.now.Add(time.Hour)
	w.opened("One?")
	late := func(at time.Time, kept bool) {
		t.Helper()
		m := w.message("anna", "2", true)
		m.At = at
		w.hear(m)
		fresh := w.new()
		if s := find(fresh, "anna", `^⚠️ Not counted.*late`); s == nil || strings.Contains(s.Plain, "stays in the ballot box") != kept {
			t.Errorf("answered:\n%s", list(fresh))
		}
		if !strings.Contains(list(fresh), "redacts "+m.ID) {
			t.Errorf("a late answer is not taken back:\n%s", list(fresh))
		}
	}
	late(w.now.Add(-time.Minute), false) // meant for the vote before

	w.now = w.now.Add(time.Minute)
	w.tells("anna", "1")
	w.expect(`Understood: Yes`, "anna")
	late(w.now.Add(-time.Second), true)
	w.now = w.now.Add(time.Minute)
	w.tells("anna", "3")
	w.expect(`Understood: Abstain`, "anna")

	w.now = w.now.Add(time.Minute)
	w.restart()
	late(w.now.Add(-time.Second), true)
	m := w.message("bernd", "1", true) // while the bot was away
	m.At = w.now.Add(-time.Second)
	w.hear(m)
	w.expect(`Understood: Yes`, "bernd")
	w.tells("anna", "1")
	w.expect(`Understood: Yes`, "anna")
}
