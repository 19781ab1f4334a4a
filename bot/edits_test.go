package bot

import "testing"

// Who edits what they said says nothing new.
func TestAnEditIsNoCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	m := w.message("chair", "!ping", false)
	m.Edits = "$before"
	w.hear(m)
	w.silent()
}
